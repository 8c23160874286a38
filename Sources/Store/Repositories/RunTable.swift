/// A table whose rows belong to runs.
struct RunTable: Sendable {
  let name: String
  /// What tells apart the rows of one run; they are read and deleted in its order.
  let key: [String]
  /// How much a row holds in BLOBs and long texts, as SQL.
  var bytes = "0"
  /// Which rows are those of the run `?1`.
  private(set) var condition = Self.ownCondition

  private static let ownCondition = "run = ?1"

  /// Whether its rows name the run, rather than something that does.
  var belongsToRun: Bool { condition == Self.ownCondition }

  /// Those of a run's rows for which something holds too.
  func only(_ restriction: String) -> RunTable {
    var some = self
    some.condition += " AND \(restriction)"
    return some
  }

  static let block = RunTable(
    name: "block", key: ["stream", "level", "first_step"], bytes: "length(data)")
  static let event = RunTable(name: "event", key: ["id"], bytes: "length(data)")

  /// Every table of a run but its own row, parents before children.
  static let all = [
    RunTable(name: "run_dataset", key: ["role"]),
    RunTable(name: "run_parameter", key: ["position"]),
    RunTable(name: "run_series", key: ["position"]),
    RunTable(
      name: "step", key: ["step"],
      bytes: ["gradients", "clipped", "updates", "nonfinite", "series"]
        .map { "coalesce(length(\($0)), 0)" }.joined(separator: " + ")),
    block,
    RunTable(name: "point", key: ["series", "step"]),
    RunTable(name: "evaluation", key: ["part", "term", "step"], bytes: "length(data)"),
    RunTable(
      name: "histogram", key: ["quantity", "layer", "parameter", "step"], bytes: "length(data)"),
    RunTable(name: "activation", key: ["layer", "step"], bytes: "length(data)"),
    RunTable(name: "finding", key: ["key"], bytes: "length(data)"),
    RunTable(name: "autopsy", key: ["run"], bytes: "length(data)"),
    // After the histograms: where the place moves while they are copied, more of them stay, and none is thinned twice.
    RunTable(name: "thinning", key: ["run"]),
    RunTable(name: "log", key: ["id"], bytes: "length(message)"),
    RunTable(name: "checkpoint", key: ["id"]),
    RunTable(
      name: "checkpoint_part", key: ["id"],
      condition: "checkpoint IN (SELECT id FROM checkpoint WHERE run = ?1)"),
    RunTable(
      name: "checkpoint_chunk", key: ["part", "position"], bytes: "length(data)",
      condition: """
        part IN (SELECT id FROM checkpoint_part
          WHERE checkpoint IN (SELECT id FROM checkpoint WHERE run = ?1))
        """),
    event,
  ]
}
