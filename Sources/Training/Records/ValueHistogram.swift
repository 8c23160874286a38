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
