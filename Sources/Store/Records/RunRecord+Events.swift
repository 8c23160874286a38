import JSON

extension RunRecord {
  /// What is told of a run's new state: `state`, and `end` when nothing more will happen.
  public var stateEvents: [NewEvent] {
    func parsed(_ text: String?) -> JSON { text.flatMap { try? JSON(parsing: $0) } ?? .null }
    let data: JSON = [
      "run": .string(id.rawValue), "state": .string(state.rawValue),
      "state_reason": stateReason.map { .string($0.rawValue) } ?? .null,
      "step": .integer(progress.step), "metrics": parsed(metrics), "error": parsed(error),
    ]
    let kinds = state.isOver ? ["state", "end"] : ["state"]
    return kinds.map { NewEvent(kind: $0, data: "\(data)") }
  }
}
