import Autodiff
import JSON

/// The activations that have kernels of their own, in the order in which the catalog lists them.
public enum ActivationCatalog {
  public struct Entry: Sendable {
    public let documentation: CatalogEntry
    /// Reads the parameters; what is wrong with them is recorded in the reader.
    let decode: @Sendable (inout ObjectReader) -> ActivationKind
  }

  private static let slope = Field(
    "slope", .number(0...1), default: 0.01, "What negative inputs are multiplied by.")
  private static let alpha = Field(
    "alpha", .number(0...1000), default: 1.0, "The limit towards minus infinity, negated.")
  private static let approximate = Field(
    "approximate", .choice(["none", "tanh"]), default: "none",
    "\"tanh\" takes 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))) in place of erf.")

  public static let all: [Entry] = [
    Entry(
      documentation: CatalogEntry(
        type: "identity", aliases: ["linear"], summary: "No activation.", formula: "x",
        source: "As torch.nn.Identity.")
    ) { _ in .identity },
    Entry(
      documentation: CatalogEntry(
        type: "relu", summary: "The positive part.", formula: "max(x, 0)",
        source: "Nair and Hinton 2010, ICML. As torch.nn.ReLU.")
    ) { _ in .relu },
    Entry(
      documentation: CatalogEntry(
        type: "sigmoid", summary: "The logistic function.", formula: "1 / (1 + exp(-x))",
        source: "As torch.nn.Sigmoid.")
    ) { _ in .sigmoid },
    Entry(
      documentation: CatalogEntry(
        type: "tanh", summary: "The hyperbolic tangent.", formula: "tanh(x)",
        source: "As torch.nn.Tanh.")
    ) { _ in .tanh },
    Entry(
      documentation: CatalogEntry(
        type: "leaky_relu", summary: "The positive part and a little of the negative one.",
        formula: "x if x > 0, else slope x", fields: [slope],
        source: "Maas et al. 2013, ICML workshop. As torch.nn.LeakyReLU.")
    ) { reader in .leakyRelu(reader.double(slope)) },
    Entry(
      documentation: CatalogEntry(
        type: "elu", summary: "An exponential linear unit.",
        formula: "x if x > 0, else alpha (exp(x) - 1)", fields: [alpha],
        source: "Clevert et al. 2015, arXiv:1511.07289. As torch.nn.ELU.")
    ) { reader in .elu(reader.double(alpha)) },
    Entry(
      documentation: CatalogEntry(
        type: "gelu", summary: "A Gaussian error linear unit.",
        formula: "0.5 x (1 + erf(x / sqrt(2)))", fields: [approximate],
        source: "Hendrycks and Gimpel 2016, arXiv:1606.08415. As torch.nn.GELU.")
    ) { reader in reader.choice(approximate) == "tanh" ? .geluTanh : .gelu },
    Entry(
      documentation: CatalogEntry(
        type: "swish", aliases: ["silu"], summary: "The input times its logistic function.",
        formula: "x / (1 + exp(-x))",
        source: "Ramachandran et al. 2017, arXiv:1710.05941. As torch.nn.SiLU.")
    ) { _ in .swish },
    Entry(
      documentation: CatalogEntry(
        type: "softmax", summary: "Probabilities over the last axis.",
        formula: "exp(x_i - max x) / Σ exp(x_j - max x)", shapes: "[…, K] -> […, K]",
        source: "As torch.nn.Softmax(dim=-1).")
    ) { _ in .softmax },
  ]

  /// Those of `all`, then the compositions, then those that may learn something.
  public static var entries: [CatalogEntry] {
    all.map(\.documentation) + CompositionCatalog.all.map(\.documentation)
      + LearnedActivationCatalog.all.map(\.documentation)
  }

  /// Reads the parameters of the entry at an index of `entries`.
  static func decode(_ index: Int, _ reader: inout ObjectReader) -> Activation {
    let (kernels, compositions) = (all, CompositionCatalog.all)
    if index < kernels.count { return Activation(kind: kernels[index].decode(&reader)) }
    let place = index - kernels.count
    if place < compositions.count { return Activation(compositions[place].decode(&reader)) }
    return Activation(LearnedActivationCatalog.all[place - compositions.count].decode(&reader))
  }
}
