import JSON

/// The optimizers a run may name, in the order in which the catalog lists them.
public enum OptimizerCatalog {
  public static let all: [any Optimizer.Type] = [
    SGD.self,
    Adam.self,
    AdamW.self,
    AMSGrad.self,
    NAdam.self,
    RAdam.self,
    Adamax.self,
    RMSprop.self,
    Adagrad.self,
    Adadelta.self,
    Lion.self,
    LARS.self,
    LAMB.self,
    Adafactor.self,
    Muon.self,
    Shampoo.self,
    SOAP.self,
    LBFGS.self,
    GaussNewton.self,
    HessianFree.self,
    NaturalGradient.self,
    KFAC.self,
    Sophia.self,
    Lookahead.self,
    SAM.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, or an object with a type and its parameters.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Optimizer {
    var choice = try CatalogChoice(json, among: entries, kind: "an optimizer", pointer: pointer)
    let optimizer = all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    return optimizer
  }

  /// The optimizer in another one's member `optimizer`; plain descent after a fault.
  static func inner(_ reader: inout ObjectReader, excluding excluded: [String]) -> any Optimizer {
    do throws(Faults) {
      if let value = reader.requiredValue("optimizer") {
        let optimizer = try decode(value, pointer: reader.pointer(to: "optimizer"))
        let type = Swift.type(of: optimizer).type
        if optimizer is any SolvingOptimizer {
          reader.fault("optimizer", "\(type) can't be inside; it looks at a batch by itself")
        } else if excluded.contains(type) {
          reader.fault("optimizer", "\(type) can't be inside; it goes around the others")
        } else {
          return optimizer
        }
      }
    } catch {
      reader.add(error)
    }
    var plain = ObjectReader(.object(JSONObject()), pointer: "")
    return SGD(from: &plain)
  }

  /// The catalogs of this target as `GET /v1/catalog` serves them: `optimizers`, `schedules`, `clips`.
  public static var members: [(name: String, entries: [CatalogEntry])] {
    [
      ("optimizers", entries), ("schedules", ScheduleCatalog.entries), ("clips", Clip.entries),
      ("averages", WeightAverage.entries),
    ]
  }
}
