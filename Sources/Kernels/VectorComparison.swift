import CVectorMath

/// How two vectors lie to each other: sums over their elements, in double precision.
public struct VectorComparison: Hashable, Sendable {
  /// `Σ a b`.
  public private(set) var product = 0.0
  /// `Σ a²` and `Σ b²`.
  public private(set) var firstSquares = 0.0
  public private(set) var secondSquares = 0.0
  /// `Σ (a - b)²`.
  public private(set) var differenceSquares = 0.0

  public init() {}

  /// One pass over both.
  public init(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) {
    let sums = vm_compare_f32(a, b, count)
    product = sums.product
    firstSquares = sums.first_squares
    secondSquares = sums.second_squares
    differenceSquares = sums.difference_squares
  }

  /// `a · b / (‖a‖ ‖b‖)`, from -1 to 1; NaN when one of the two is zero or not finite.
  public var cosine: Double {
    let cosine = product / (firstSquares.squareRoot() * secondSquares.squareRoot())
    return cosine.isNaN ? cosine : max(-1, min(1, cosine))
  }

  /// The same of both vectors with further elements.
  public static func += (sum: inout VectorComparison, part: VectorComparison) {
    sum.product += part.product
    sum.firstSquares += part.firstSquares
    sum.secondSquares += part.secondSquares
    sum.differenceSquares += part.differenceSquares
  }
}
