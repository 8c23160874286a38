/// What a layer's output looked like over one batch.
public struct ActivationRecord: Hashable, Sendable {
  public let step: Int
  public let layer: String
  public let mean: Double
  public let standardDeviation: Double
  public let minimum: Double
  public let maximum: Double
  /// The share of the layer's units that are exactly zero for every example of the batch.
  public let deadFraction: Double
  /// The share of elements in the flat part of the activation; 0 for activations without one.
  public let saturatedFraction: Double
  public let nonFiniteCount: Int

  public init(
    step: Int, layer: String, mean: Double, standardDeviation: Double, minimum: Double,
    maximum: Double, deadFraction: Double, saturatedFraction: Double, nonFiniteCount: Int
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
  }
}
