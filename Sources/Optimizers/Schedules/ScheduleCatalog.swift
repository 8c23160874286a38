import JSON

/// The schedules a run may name, in the order in which the catalog lists them.
public enum ScheduleCatalog {
  public static let all: [any Schedule.Type] = [
    ConstantSchedule.self,
    CosineSchedule.self,
    LinearSchedule.self,
    StepSchedule.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Reads a name, or an object with a type and its parameters.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Schedule {
    var choice = try CatalogChoice(json, among: entries, kind: "a schedule", pointer: pointer)
    let warmupSteps = choice.reader.integer(ScheduleFields.warmupSteps)
    let schedule = all[choice.index].init(from: &choice.reader, warmupSteps: warmupSteps)
    try choice.reader.finish().check()
    return schedule
  }
}
