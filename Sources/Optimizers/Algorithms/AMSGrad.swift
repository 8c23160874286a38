import JSON

/// Adam whose divisor never shrinks.
///
/// As Adam, but the divisor is `√v̂ / √(1 - β₂ᵗ) + ε` with `v̂ = max(v̂, v)`. Reddi, Kale and Kumar 2018, arXiv:1904.09237.
public struct AMSGrad: AdamFamily {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  var isAMSGrad: Bool { true }

  static let isDecoupled = false

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = OptimizerFields.weightDecay

  public static let documentation = CatalogEntry(
    type: "amsgrad",
    summary: "Adam whose divisor never shrinks.",
    formula: """
      g += λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; v̂ = max(v̂, v); \
      p -= η / (1 - β₁ᵗ) · m / (√v̂ / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField],
    source: "Reddi, Kale and Kumar 2018, arXiv:1904.09237. As torch.optim.Adam with amsgrad.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(AMSGrad.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(AMSGrad.weightDecayField)
  }

  public var configuration: [(String, JSON)] { common }
}
