import JSON

/// How much the terms of a loss count against each other while a run trains.
public enum LossBalance: Hashable, Sendable {
  /// Each by its weight, fixed or by its schedule.
  case fixed
  /// Each by a variance that is learned.
  case uncertainty
  /// So that the terms' gradients at a layer that all share have norms of one size, faster for those that
  /// have come down less.
  case gradNorm(GradNorm)
  /// Each by its weight, less what pulls against another term.
  case conflictFree

  /// The members of `{ "type": "gradnorm", … }`.
  public struct GradNorm: Hashable, Sendable {
    public let alpha: Double
    public let learningRate: Double
    /// The layer whose gradients are compared; `nil` for the last one that all terms depend on.
    public let layer: String?
  }

  private static let alphaField = Field(
    "alpha", .number(0...10), default: 1.5,
    "How strongly terms that have come down less are pulled up; 0 makes all norms equal.")
  private static let learningRateField = Field(
    "learning_rate", .number(1e-6...10), default: 0.025, "Of the weights, which Adam moves.")
  private static let layerField = Field(
    "layer", .described("a layer's name"),
    "The layer whose gradients are compared; when left out the last one that all terms depend on.")

  /// In the order in which the catalog lists them.
  public static let entries = [
    CatalogEntry(
      type: "fixed", summary: "Each term by its weight, a number or one that follows a schedule.",
      formula: "L = Σ w_i L_i", source: "The plain sum."),
    CatalogEntry(
      type: "uncertainty",
      summary: "Each term by a log variance s_i that is learned beside the parameters.",
      formula: "L = Σ w_i (c exp(-s_i) L_i + s_i / 2), c = 1 for classes, 1/2 for numbers",
      source: "Kendall, Gal and Cipolla 2017, arXiv:1705.07115, equations 7 and 10."),
    CatalogEntry(
      type: "gradnorm",
      summary: "Weights that bring the norms of the terms' gradients at a shared layer together.",
      formula:
        "w moves by Adam along ∂/∂w Σ |G_i - mean(G) r_i^α|, G_i = |∇ w_i L_i|, r_i = (L_i / L_i(1)) "
        + "/ mean(L / L(1)); then Σ w_i is as before",
      fields: [alphaField, learningRateField, layerField],
      source: "Chen, Badrinarayanan, Lee and Rabinovich 2017, arXiv:1711.02257, algorithm 1."),
    CatalogEntry(
      type: "pcgrad",
      summary: "From each term's gradient the part is taken that pulls against another one's.",
      formula:
        "g_i ← g_i - min(0, g_i·g_j) / |g_j|² g_j for the other j in an order drawn by seed and step; Σ g_i",
      source: "Yu, Kumar, Gupta, Levine, Hausman and Finn 2020, arXiv:2001.06782, algorithm 1."),
  ]

  /// Reads the member `balance`, if there's one; what is wrong with it is recorded in the reader.
  init(_ reader: inout ObjectReader) {
    self = .fixed
    guard let json = reader.value("balance") else { return }
    do throws(Faults) {
      var choice = try CatalogChoice(
        json, among: LossBalance.entries, kind: "a balance", pointer: reader.pointer(to: "balance"))
      switch LossBalance.entries[choice.index].type {
      case "uncertainty": self = .uncertainty
      case "gradnorm":
        self = .gradNorm(
          GradNorm(
            alpha: choice.reader.double(LossBalance.alphaField),
            learningRate: choice.reader.double(LossBalance.learningRateField),
            layer: choice.reader.string("layer")))
      case "pcgrad": self = .conflictFree
      default: break
      }
      reader.add(choice.reader.finish())
    } catch {
      reader.add(error)
    }
  }

  /// Whether it decides weights of its own.
  var isDynamic: Bool {
    switch self {
    case .fixed, .conflictFree: false
    case .uncertainty, .gradNorm: true
    }
  }
}
