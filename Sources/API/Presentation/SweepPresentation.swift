import JSON
import Runs
import Store

/// Sweeps and their runs as the API shows them.
enum SweepPresentation {
  static func json(_ sweep: SweepRecord, _ service: Service) async throws -> JSON {
    let progress = try await service.store.sweeps.progress(of: sweep)
    let request = try JSON(parsing: sweep.request)
    var object = JSONObject([
      ("id", .string(sweep.id.rawValue)), ("name", sweep.name.map(JSON.string) ?? .null),
      ("state", progress.isOver ? "finished" : "running"),
      ("goal", ["metric": .string(sweep.goal), "direction": .string(sweep.direction.rawValue)]),
      (
        "run_counts",
        .object(
          JSONObject(
            RunState.allCases.map { ($0.rawValue, .integer(progress.counts[$0] ?? 0)) }))
      ),
      ("best", try progress.best.map(json) ?? .null),
      (
        "values",
        [
          "count": .integer(progress.spread.count),
          "mean": progress.spread.mean.map { .number($0) } ?? .null,
          "std": progress.spread.standardDeviation.map { .number($0) } ?? .null,
        ]
      ),
    ])
    for name in ["run", "parameters", "method", "runs", "seed"] {
      if let value = request[name] { object[name] = value }
    }
    object["created_at"] = .string(Timestamp.text(sweep.createdAt))
    object["finished_at"] = progress.finishedAt.map { .string(Timestamp.text($0)) } ?? .null
    object["links"] = [
      "self": .string("/v1/sweeps/\(sweep.id)"), "runs": .string("/v1/sweeps/\(sweep.id)/runs"),
    ]
    return .object(object)
  }

  static func json(_ one: SweepRun) throws -> JSON {
    [
      "run": .string(one.run.rawValue), "position": .integer(one.position),
      "state": .string(one.state.rawValue), "parameters": try JSON(parsing: one.parameters),
      "value": one.value.map { .number($0) } ?? .null,
    ]
  }
}
