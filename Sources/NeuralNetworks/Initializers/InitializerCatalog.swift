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

  private static let glorot = "Glorot and Bengio 2010, AISTATS"
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
        type: "uniform", summary: "Uniformly distributed.", formula: "U(low, high)",
        fields: [low, high], source: "As torch.nn.init.uniform_.")
    ) { reader in
      let bounds = (reader.double(low), reader.double(high))
      if bounds.0 > bounds.1 {
        reader.fault("low", "\(bounds.0) is above high, which is \(bounds.1)")
      }
      return .uniform(low: bounds.0, high: bounds.1)
    },
  ]

  public static var entries: [CatalogEntry] { all.map(\.documentation) }

  private static func fan(_ reader: inout ObjectReader) -> Initializer.Fan {
    Initializer.Fan(rawValue: reader.choice(mode)) ?? .fanIn
  }
}
