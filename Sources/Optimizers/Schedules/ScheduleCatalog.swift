import JSON

/// The schedules a run may name, in the order in which the catalog lists them.
public enum ScheduleCatalog {
  public static let all: [any Schedule.Type] = [
    ConstantSchedule.self,
    StepSchedule.self,
    MultiStepSchedule.self,
    ExponentialSchedule.self,
    PolynomialSchedule.self,
    LinearSchedule.self,
    CosineSchedule.self,
    CosineRestartsSchedule.self,
    OneCycleSchedule.self,
    CyclicSchedule.self,
    InverseSquareRootSchedule.self,
    NoamSchedule.self,
    ReduceOnPlateauSchedule.self,
    ExpressionSchedule.self,
    SequenceSchedule.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, or an object with a type and its parameters; one that has an `expression` needs no type.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Schedule {
    try decode(json, pointer: pointer, inSequence: false)
  }

  static func decode(
    _ json: JSON, pointer: String, inSequence: Bool
  ) throws(Faults) -> any Schedule {
    var json = json
    if case .object(var object) = json, object["type"] == nil,
      object[ExpressionSchedule.expression.name] != nil
    {
      object["type"] = .string(ExpressionSchedule.type)
      json = .object(object)
    }
    var choice = try CatalogChoice(json, among: entries, kind: "a schedule", pointer: pointer)
    let type = all[choice.index]
    // A sequence of sequences is one with more parts.
    if inSequence, type == SequenceSchedule.self {
      throw Faults([
        Fault(pointer: pointer, detail: "a sequence can't stand in a sequence; list its parts here")
      ])
    }
    let warmup = Warmup(&choice.reader)
    let schedule = type.init(from: &choice.reader, warmup: warmup)
    try choice.reader.finish().check()
    return schedule
  }
}
