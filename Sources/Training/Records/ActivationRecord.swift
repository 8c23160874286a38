/// What a layer's output, and the loss's gradient with respect to it, looked like over one batch.
public struct ActivationRecord: Hashable, Sendable, Codable {
  public let step: Int
  public let layer: String
  public let mean: Double
  public let standardDeviation: Double
  public let minimum: Double
  public let maximum: Double
  /// The share of the layer's units that were exactly zero for every example of the last five observed batches, or of
  /// as many as there were.
  public let deadFraction: Double
  /// The share of elements in the flat part of the activation; 0 for activations without one.
  public let saturatedFraction: Double
  public let nonFiniteCount: Int
  /// `(Σλ)² / Σλ²` over the eigenvalues of the outputs' covariance between units: how many directions they fill
  /// (the participation ratio, a Rényi effective rank of order 2). From 1 to the number of units; 0 for constant outputs.
  public let effectiveRank: Double
  /// The loss's gradient with respect to the output: the error signal.
  public let gradient: ParameterGradient

  public init(
    step: Int, layer: String, mean: Double, standardDeviation: Double, minimum: Double,
    maximum: Double, deadFraction: Double, saturatedFraction: Double, nonFiniteCount: Int,
    effectiveRank: Double, gradient: ParameterGradient
  ) {
    self.step = step
    self.layer = layer
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.minimum = minimum
    self.maximum = maximum
    self.deadFraction = deadFraction
    self.saturatedFraction = saturatedFraction
    self.nonFiniteCount = nonFiniteCount
    self.effectiveRank = effectiveRank
    self.gradient = gradient
  }
}
