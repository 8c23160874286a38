import JSON

/// The optimizers a run may name, in the order in which the catalog lists them.
public enum OptimizerCatalog {
  public static let all: [any Optimizer.Type] = [
    SGD.self,
    Adam.self,
    AdamW.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, or an object with a type and its parameters.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Optimizer {
    var choice = try CatalogChoice(json, among: entries, kind: "an optimizer", pointer: pointer)
    let optimizer = all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    return optimizer
  }

  /// The catalogs of this target as `GET /v1/catalog` serves them: `optimizers`, `schedules`, `clips`.
  public static var members: [(name: String, entries: [CatalogEntry])] {
    [("optimizers", entries), ("schedules", ScheduleCatalog.entries), ("clips", Clip.entries)]
  }
}
