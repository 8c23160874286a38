import JSON

/// The initializers a spec may name, in the order in which the catalog lists them.
public enum InitializerCatalog {
  public struct Entry: Sendable {
    public let documentation: CatalogEntry
    /// Reads the parameters; what is wrong with them is recorded in the reader.
    let decode: @Sendable (inout ObjectReader) -> Initializer
  }

  private static let anyNumber = -1e6...1e6
  private static let gains = 0.0...1e6
  private static let gain = Field(
    "gain", .number(gains), default: 1.0, "A factor on the spread.")
  private static let heGain = Field(
    "gain", .number(gains), default: .number(Initializer.rectifierGain),
    "A factor on the spread; √2 is the one for relu.")
  private static let mode = Field(
    "mode", .choice(Initializer.Fan.allCases.map(\.rawValue)), default: "fan_in",
    "fan_in keeps the variance of the forward pass, fan_out that of the backward pass.")
  private static let value = Field("value", .number(anyNumber), default: 0.0, "Every element.")
  private static let low = Field("low", .number(anyNumber), default: -0.05, "The lower bound.")
  private static let high = Field("high", .number(anyNumber), default: 0.05, "The upper bound.")
  private static let mean = Field("mean", .number(anyNumber), default: 0.0, "The mean.")
  private static let deviation = Field(
    "std", .number(0...1e6), default: 0.05, "The standard deviation.")

  private static let truncatedDeviation = Field(
    "std", .number(0...1e6), default: 0.05, "The standard deviation before truncation.")
  private static let least = Field(
    "low", .number(anyNumber), "The least element; two deviations below the mean when left out.")
  private static let most = Field(
    "high", .number(anyNumber), "The largest; two deviations above the mean when left out.")
  private static let plainGain = Field("gain", .number(gains), default: 1.0, "A factor.")
  private static let sparsity = Field(
    "sparsity", .number(0...1), default: 0.9,
    "The fraction of each column that is 0, rounded up to whole elements.")
  private static let sparseDeviation = Field(
    "std", .number(0...1e6), default: 0.01, "The standard deviation of the others.")

  private static let glorot = "Glorot and Bengio 2010, AISTATS"
  private static let lecun =
    "LeCun et al. 1998, Efficient BackProp; Klambauer et al. 2017, arXiv:1706.02515."
  private static let he = "He et al. 2015, arXiv:1502.01852"

  public static let all: [Entry] = [
    Entry(
      documentation: CatalogEntry(
        type: "glorot_uniform", aliases: ["xavier_uniform"],
        summary: "Uniform, so that variances stay equal forwards and backwards.",
        formula: "U(-a, a), a = gain sqrt(6 / (fan_in + fan_out))", fields: [gain],
        source: "\(glorot). As torch.nn.init.xavier_uniform_.")
    ) { reader in .glorotUniform(gain: reader.double(gain)) },
    Entry(
      documentation: CatalogEntry(
        type: "glorot_normal", aliases: ["xavier_normal"],
        summary: "Normal, so that variances stay equal forwards and backwards.",
        formula: "N(0, std²), std = gain sqrt(2 / (fan_in + fan_out))", fields: [gain],
        source: "\(glorot). As torch.nn.init.xavier_normal_.")
    ) { reader in .glorotNormal(gain: reader.double(gain)) },
    Entry(
      documentation: CatalogEntry(
        type: "he_uniform", aliases: ["kaiming_uniform"],
        summary: "Uniform, for layers before a rectifier.",
        formula: "U(-a, a), a = gain sqrt(3 / fan)", fields: [heGain, mode],
        source: "\(he). As torch.nn.init.kaiming_uniform_.")
    ) { reader in .heUniform(gain: reader.double(heGain), fan: fan(&reader)) },
    Entry(
      documentation: CatalogEntry(
        type: "he_normal", aliases: ["kaiming_normal"],
        summary: "Normal, for layers before a rectifier.",
        formula: "N(0, std²), std = gain / sqrt(fan)", fields: [heGain, mode],
        source: "\(he). As torch.nn.init.kaiming_normal_.")
    ) { reader in .heNormal(gain: reader.double(heGain), fan: fan(&reader)) },
    Entry(
      documentation: CatalogEntry(
        type: "lecun_uniform",
        summary: "Uniform, so that the variance stays equal forwards: for tanh and selu.",
        formula: "U(-a, a), a = sqrt(3 / fan_in)", source: lecun)
    ) { _ in .lecunUniform },
    Entry(
      documentation: CatalogEntry(
        type: "lecun_normal",
        summary: "Normal, so that the variance stays equal forwards: for tanh and selu.",
        formula: "N(0, 1 / fan_in)", source: lecun)
    ) { _ in .lecunNormal },
    Entry(
      documentation: CatalogEntry(
        type: "orthogonal",
        summary: "Orthogonal rows of one length, or columns where there are fewer.",
        formula: "gain Q, Q Qᵀ = 1 or Qᵀ Q = 1, for a weight as [rows, all other axes]",
        fields: [plainGain],
        source: "Saxe et al. 2013, arXiv:1312.6120. As torch.nn.init.orthogonal_.")
    ) { reader in .orthogonal(gain: reader.double(plainGain)) },
    Entry(
      documentation: CatalogEntry(
        type: "identity", aliases: ["eye", "dirac"],
        summary: "Hands on the input, as far as there are outputs: ones on the diagonal.",
        formula: "gain at [d, d] and in the middle of a kernel, else 0", fields: [plainGain],
        source: "Le et al. 2015, arXiv:1504.00941. As torch.nn.init.eye_ and dirac_.")
    ) { reader in .identity(gain: reader.double(plainGain)) },
    Entry(
      documentation: CatalogEntry(
        type: "sparse", summary: "Normal, with so many zeros in each column of a matrix.",
        formula: "N(0, std²), ceil(sparsity rows) of each column 0",
        fields: [sparsity, sparseDeviation],
        source: "Martens 2010, ICML. As torch.nn.init.sparse_.")
    ) { reader in
      .sparse(
        sparsity: reader.double(sparsity), standardDeviation: reader.double(sparseDeviation))
    },
    Entry(
      documentation: CatalogEntry(
        type: "ones", summary: "Every element is 1.", formula: "1",
        source: "As torch.nn.init.ones_.")
    ) { _ in .constant(value: 1) },
    Entry(
      documentation: CatalogEntry(
        type: "zeros", summary: "Every element is 0.", formula: "0",
        source: "As torch.nn.init.zeros_.")
    ) { _ in .zeros },
    Entry(
      documentation: CatalogEntry(
        type: "constant", summary: "Every element is the same.", formula: "value", fields: [value],
        source: "As torch.nn.init.constant_.")
    ) { reader in .constant(value: reader.double(value)) },
    Entry(
      documentation: CatalogEntry(
        type: "normal", summary: "Normally distributed.", formula: "N(mean, std²)",
        fields: [mean, deviation], source: "As torch.nn.init.normal_.")
    ) { reader in
      .normal(mean: reader.double(mean), standardDeviation: reader.double(deviation))
    },
    Entry(
      documentation: CatalogEntry(
        type: "truncated_normal", aliases: ["trunc_normal"],
        summary: "Normally distributed, but for what lies beyond two bounds.",
        formula: "N(mean, std²) given low ≤ x ≤ high",
        fields: [
          mean, truncatedDeviation, least, most,
        ], source: "As torch.nn.init.trunc_normal_, whose bounds are -2 and 2.")
    ) { reader in
      let center = reader.double(mean)
      let deviation = reader.double(truncatedDeviation)
      let low = reader.double("low", in: anyNumber)
      let high = reader.double("high", in: anyNumber)
      let bounds = (low ?? center - 2 * deviation, high ?? center + 2 * deviation)
      if bounds.0 > bounds.1 {
        reader.fault(
          low == nil ? "high" : "low", "the lower bound \(bounds.0) is above the upper, \(bounds.1)"
        )
      }
      return .truncatedNormal(
        mean: center, standardDeviation: deviation, low: low, high: high)
    },
    Entry(
      documentation: CatalogEntry(
        type: "uniform", summary: "Uniformly distributed.", formula: "U(low, high)",
        fields: [low, high], source: "As torch.nn.init.uniform_.")
    ) { reader in
      let bounds = (reader.double(low), reader.double(high))
      if bounds.0 > bounds.1 {
        reader.fault("low", "\(bounds.0) is above high, which is \(bounds.1)")
      }
      return .uniform(low: bounds.0, high: bounds.1)
    },
    Entry(documentation: StoredParameter.documentation) { reader in
      .from(StoredParameter(from: &reader))
    },
  ]

  public static var entries: [CatalogEntry] { all.map(\.documentation) }

  private static func fan(_ reader: inout ObjectReader) -> Initializer.Fan {
    Initializer.Fan(rawValue: reader.choice(mode)) ?? .fanIn
  }
}
