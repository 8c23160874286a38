/// Exact counts of values over a fixed logarithmic grid, beside their exact extremes and moments.
///
/// The grid is the same for every tensor, step and run: four steps an octave from `2^-40` to `2^24`,
/// once for each sign. So histograms add up without being binned anew.
public struct ValueHistogram: Hashable, Sendable {
  /// A stretch of the grid with its count; empty ones are left out.
  public struct Bucket: Hashable, Sendable {
    /// From 0; see `lowerEdge(of:)`.
    public let index: Int
    public let count: Int

    public init(index: Int, count: Int) {
      self.index = index
      self.count = count
    }
  }

  public static let stepsPerOctave = 4
  public static let smallestExponent = -40
  public static let largestExponent = 24
  /// Buckets of one sign.
  public static let bucketsPerSign = (largestExponent - smallestExponent) * stepsPerOctave

  /// In the order of their indices. Indices below `bucketsPerSign` hold positive values, the others negative ones.
  public var buckets: [Bucket] = []
  public var zeroCount = 0
  /// Smaller in magnitude than the grid begins.
  public var positiveUnderflowCount = 0
  public var negativeUnderflowCount = 0
  /// As large in magnitude as the grid ends, or larger.
  public var positiveOverflowCount = 0
  public var negativeOverflowCount = 0
  public var nanCount = 0
  public var positiveInfinityCount = 0
  public var negativeInfinityCount = 0
  /// All elements, the ones that aren't finite too.
  public var count = 0
  /// Of the finite elements, as are the sums; 0 when there's none.
  public var minimum = 0.0
  public var maximum = 0.0
  public var sum = 0.0
  public var sumOfSquares = 0.0

  public init() {}

  public var nonFiniteCount: Int { nanCount + positiveInfinityCount + negativeInfinityCount }
  public var finiteCount: Int { count - nonFiniteCount }
  public var mean: Double { finiteCount == 0 ? 0 : sum / Double(finiteCount) }

  /// Of the elements themselves (not an estimate for a population).
  public var variance: Double {
    finiteCount == 0 ? 0 : max(0, sumOfSquares / Double(finiteCount) - mean * mean)
  }

  /// The same of these elements and others together: exact, since the grid is the same for all.
  public static func += (sum: inout ValueHistogram, other: ValueHistogram) {
    if other.finiteCount > 0 {
      let isFirst = sum.finiteCount == 0
      sum.minimum = isFirst ? other.minimum : min(sum.minimum, other.minimum)
      sum.maximum = isFirst ? other.maximum : max(sum.maximum, other.maximum)
    }
    sum.buckets = merged(sum.buckets, other.buckets)
    sum.zeroCount += other.zeroCount
    sum.positiveUnderflowCount += other.positiveUnderflowCount
    sum.negativeUnderflowCount += other.negativeUnderflowCount
    sum.positiveOverflowCount += other.positiveOverflowCount
    sum.negativeOverflowCount += other.negativeOverflowCount
    sum.nanCount += other.nanCount
    sum.positiveInfinityCount += other.positiveInfinityCount
    sum.negativeInfinityCount += other.negativeInfinityCount
    sum.count += other.count
    sum.sum += other.sum
    sum.sumOfSquares += other.sumOfSquares
  }

  /// Two lists in the order of their indices as one.
  private static func merged(_ left: [Bucket], _ right: [Bucket]) -> [Bucket] {
    var result: [Bucket] = []
    result.reserveCapacity(max(left.count, right.count))
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      if j == right.count || (i < left.count && left[i].index < right[j].index) {
        result.append(left[i])
        i += 1
      } else if i == left.count || right[j].index < left[i].index {
        result.append(right[j])
        j += 1
      } else {
        result.append(Bucket(index: left[i].index, count: left[i].count + right[j].count))
        i += 1
        j += 1
      }
    }
    return result
  }

  /// By how much a quantile from buckets may be off: the ratio of a bucket's ends, `2^(1/4)`.
  public static let quantileBound = 1.189207115002721

  /// The smaller magnitude that a bucket holds: `2^(-40 + i/4)`, `i` counted within its sign.
  public static func lowerEdge(of index: Int) -> Double {
    edge(index % bucketsPerSign)
  }

  /// The magnitude at which a bucket ends and the next begins.
  public static func upperEdge(of index: Int) -> Double {
    edge(index % bucketsPerSign + 1)
  }

  private static func edge(_ step: Int) -> Double {
    // 2^(k/4), rounded once, times an exact power of two.
    let quarters = [1, 1.189207115002721, 1.4142135623730951, 1.681792830507429]
    let exponent = smallestExponent + step / stepsPerOctave
    return quarters[step % stepsPerOctave] * Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
