import JSON

/// The ways of sampling a run may name, in the order in which the catalog lists them.
public enum SamplingCatalog {
  public static let all: [any Sampling.Type] = [
    BalancedSampling.self,
    WeightedSampling.self,
    CurriculumSampling.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, or an object with a type and its parameters.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Sampling {
    var choice = try CatalogChoice(json, among: entries, kind: "a sampling", pointer: pointer)
    let sampling = all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    return sampling
  }

  /// The catalog of this folder as `GET /v1/catalog` serves it.
  public static var members: [(name: String, entries: [CatalogEntry])] { [("samplings", entries)] }
}
