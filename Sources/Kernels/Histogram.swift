import CVectorMath

/// Exact counts over the fixed grid: four steps an octave from 2^-40 to 2^24, once for each sign.
public struct Histogram: Hashable, Sendable {
  public static let bucketsPerSign = Int(VM_HISTOGRAM_BUCKETS)

  /// Positive buckets, then negative ones.
  public let counts: [Int]
  public let zeroCount: Int
  public let positiveUnderflowCount: Int
  public let negativeUnderflowCount: Int
  public let positiveOverflowCount: Int
  public let negativeOverflowCount: Int
  public let nanCount: Int
  public let positiveInfinityCount: Int
  public let negativeInfinityCount: Int
  public let count: Int
  /// Of the finite elements; 0 when there's none.
  public let minimum: Double
  public let maximum: Double
  public let sum: Double
  public let sumOfSquares: Double

  public init(of elements: UnsafeBufferPointer<Float>) {
    var h = vm_histogram()
    h.minimum = .infinity
    h.maximum = -.infinity
    vm_histogram_f32(&h, elements.baseAddress, elements.count)
    counts = withUnsafeBytes(of: &h.counts) { $0.bindMemory(to: Int64.self).map { Int($0) } }
    zeroCount = Int(h.zero)
    positiveUnderflowCount = Int(h.positive_underflow)
    negativeUnderflowCount = Int(h.negative_underflow)
    positiveOverflowCount = Int(h.positive_overflow)
    negativeOverflowCount = Int(h.negative_overflow)
    nanCount = Int(h.nan_count)
    positiveInfinityCount = Int(h.positive_infinity)
    negativeInfinityCount = Int(h.negative_infinity)
    count = Int(h.count)
    minimum = h.minimum.isFinite ? h.minimum : 0
    maximum = h.maximum.isFinite ? h.maximum : 0
    sum = h.sum
    sumOfSquares = h.sum_of_squares
  }
}
