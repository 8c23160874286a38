import JSON

/// The activations that are made of the graph's operations, in the order in which the catalog lists them.
enum CompositionCatalog {
  private static let alpha = Field(
    "alpha", .number(1e-3...1000), default: 1.0, "The limit towards minus infinity, negated.")
  private static let frequency = Field(
    "frequency", .number(1e-6...1e6), default: 1.0,
    "What the input is multiplied by; 30 in the first layers of the paper.")

  private static let beta = Field(
    "beta", .number(1e-3...1000), default: 1.0, "How sharp the bend is.")
  private static let threshold = Field(
    "threshold", .number(0...1e6), default: 20.0, "From where on it is the input itself.")

  typealias Entry = (
    documentation: CatalogEntry, decode: @Sendable (inout ObjectReader) -> Composition
  )

  static let all: [Entry] = [
    plain(
      .relu6, "relu6", "The positive part, at most 6.", "min(max(x, 0), 6)",
      "Howard et al. 2017, arXiv:1704.04861. As torch.nn.ReLU6."),
    plain(
      .hardSigmoid, "hard_sigmoid", "A logistic function of straight pieces.",
      "min(max(x / 6 + 1/2, 0), 1)", "As torch.nn.Hardsigmoid."),
    plain(
      .hardTanh, "hard_tanh", "A hyperbolic tangent of straight pieces.", "min(max(x, -1), 1)",
      "As torch.nn.Hardtanh."),
    plain(
      .hardSwish, "hard_swish", "The input times its hard_sigmoid.",
      "x min(max(x / 6 + 1/2, 0), 1)",
      "Howard et al. 2019, arXiv:1905.02244. As torch.nn.Hardswish."),
    (
      CatalogEntry(
        type: "softplus", summary: "A smooth positive part.",
        formula: "log(1 + exp(beta x)) / beta; x where beta x > threshold",
        fields: [beta, threshold], source: "Dugas et al. 2000, NIPS. As torch.nn.Softplus."),
      { reader in .softplus(beta: reader.double(beta), threshold: reader.double(threshold)) }
    ),
    plain(
      .softsign, "softsign", "The input over one more than its size.", "x / (1 + |x|)",
      "As torch.nn.Softsign."),
    plain(
      .mish, "mish", "The input times the tangent of its softplus.", "x tanh(log(1 + exp(x)))",
      "Misra 2019, arXiv:1908.08681. As torch.nn.Mish."),
    plain(
      .selu, "selu", "An exponential linear unit that keeps mean 0 and variance 1.",
      "1.0507 (x if x > 0, else 1.67326 (exp(x) - 1))",
      "Klambauer et al. 2017, arXiv:1706.02515. As torch.nn.SELU."),
    (
      CatalogEntry(
        type: "celu", summary: "An exponential linear unit with a continuous slope.",
        formula: "max(x, 0) + min(0, alpha (exp(x / alpha) - 1))", fields: [alpha],
        source: "Barron 2017, arXiv:1704.07483. As torch.nn.CELU."),
      { reader in .celu(alpha: reader.double(alpha)) }
    ),
    plain(
      .logSoftmax, "log_softmax", "Logarithms of probabilities over the last axis.",
      "x_i - log Σ exp(x_j)", "As torch.nn.LogSoftmax(dim=-1)."),
    (
      CatalogEntry(
        type: "sine", summary: "A wave.", formula: "sin(frequency x)", fields: [frequency],
        source: "Sitzmann et al. 2020, arXiv:2006.09661. As torch.sin."),
      { reader in .sine(frequency: reader.double(frequency)) }
    ),
  ]

  private static func plain(
    _ composition: Composition, _ type: String, _ summary: String, _ formula: String,
    _ source: String
  ) -> Entry {
    (
      CatalogEntry(type: type, summary: summary, formula: formula, source: source),
      { _ in composition }
    )
  }
}
