/// What one step's gradient of one parameter looked like.
public struct ParameterGradient: Hashable, Sendable, Codable, BitwiseCopyable {
  /// `√Σ g²`; not finite when one element isn't.
  public let norm: Double
  /// The largest `|g|` of the finite elements.
  public let largest: Double
  /// The mean of the elements.
  public let mean: Double
  public let nanCount: Int
  public let positiveInfinityCount: Int
  public let negativeInfinityCount: Int

  public var nonFiniteCount: Int { nanCount + positiveInfinityCount + negativeInfinityCount }

  public init(
    norm: Double, largest: Double, mean: Double, nanCount: Int = 0, positiveInfinityCount: Int = 0,
    negativeInfinityCount: Int = 0
  ) {
    self.norm = norm
    self.largest = largest
    self.mean = mean
    self.nanCount = nanCount
    self.positiveInfinityCount = positiveInfinityCount
    self.negativeInfinityCount = negativeInfinityCount
  }

  /// This gradient times a positive factor, as clipping by norm makes it.
  public func scaled(by factor: Double) -> ParameterGradient {
    ParameterGradient(
      norm: norm * factor, largest: largest * factor, mean: mean * factor, nanCount: nanCount,
      positiveInfinityCount: positiveInfinityCount, negativeInfinityCount: negativeInfinityCount)
  }
}
