import JSON

/// Adam with weight decay apart from the gradient.
///
/// `p -= η λ p`, then Adam's step without decay. Loshchilov and Hutter 2017, arXiv:1711.05101.
public struct AdamW: AdamFamily {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  public let isAMSGrad: Bool

  static let isDecoupled = true

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = OptimizerFields.decoupledDecay(0.01)

  public static let documentation = CatalogEntry(
    type: "adamw",
    summary: "Adam with weight decay apart from the gradient.",
    formula: """
      p -= η λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField, OptimizerFields.amsgrad],
    source: "Loshchilov and Hutter 2017, arXiv:1711.05101. As torch.optim.AdamW.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(AdamW.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(AdamW.weightDecayField)
    isAMSGrad = reader.bool(OptimizerFields.amsgrad)
  }

  public var configuration: [(String, JSON)] { common + [("amsgrad", .bool(isAMSGrad))] }
}
