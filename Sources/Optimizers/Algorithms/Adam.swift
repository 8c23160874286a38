import JSON

/// Adam.
///
/// `g += λ p`; `m = β₁ m + (1 - β₁) g`; `v = β₂ v + (1 - β₂) g²`;
/// `p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)`. Kingma and Ba 2014, arXiv:1412.6980.
public struct Adam: AdamFamily {
  public let learningRate: Double
  public let moments: Moments
  public let weightDecay: Double
  public let isAMSGrad: Bool

  static let isDecoupled = false

  private static let learningRateField = OptimizerFields.learningRate(0.001)
  private static let weightDecayField = OptimizerFields.weightDecay

  public static let documentation = CatalogEntry(
    type: "adam",
    summary: "Steps scaled by running means of the gradient and of its square.",
    formula: """
      g += λ p; m = β₁ m + (1 - β₁) g; v = β₂ v + (1 - β₂) g²; \
      p -= η / (1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
      """,
    fields: [learningRateField] + Moments.fields + [weightDecayField, OptimizerFields.amsgrad],
    source: "Kingma and Ba 2014, arXiv:1412.6980. As torch.optim.Adam.")

  public init(from reader: inout ObjectReader) {
    learningRate = reader.double(Adam.learningRateField)
    moments = Moments(from: &reader)
    weightDecay = reader.double(Adam.weightDecayField)
    isAMSGrad = reader.bool(OptimizerFields.amsgrad)
  }

  public var configuration: [(String, JSON)] { common + [("amsgrad", .bool(isAMSGrad))] }
}
