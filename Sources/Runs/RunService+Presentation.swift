import JSON
import Store

extension RunService {
  /// A run as clients see it.
  public func json(_ run: RunRecord) async throws -> JSON {
    let forecast = try await forecast(of: run)
    let request = self.request(of: run)
    let base = "/v1/runs/\(run.id)"
    var object = JSONObject([
      ("id", .string(run.id.rawValue)),
      ("name", run.name.map { .string($0) } ?? .null),
      ("state", .string(run.state.rawValue)),
      ("state_reason", run.stateReason.map { .string($0.rawValue) } ?? .null),
      ("requested", run.wish.map { .string($0.rawValue) } ?? .null),
      ("progress", RunService.progress(run.progress)),
      ("metrics", RunService.parsed(run.metrics)),
      ("best", RunService.parsed(run.best)),
      ("vanishing_index", run.progress.vanishingIndex.map { .number($0) } ?? .null),
      ("error", RunService.parsed(run.error)),
      ("queue_position", forecast.map { .integer($0.position + 1) } ?? .null),
      (
        "estimated_start_at",
        forecast?.start.map { .string(Timestamp.text(Int($0 * 1000))) } ?? .null
      ),
      ("attempt", .integer(run.attempt)),
      ("priority", .integer(run.priority)),
      ("model", run.model.map { .string($0.rawValue) } ?? .null),
      ("dataset", request["dataset"] ?? .null),
      ("tags", RunService.parsed(run.tags)),
    ])
    for name in [
      "mode", "lr_range_test", "training", "observe", "initial_weights", "max_seconds", "deadline",
      "after",
    ] {
      if let value = request[name] { object[name] = value }
    }
    if let transfer = run.transfer {
      object["initial_weights_report"] = RunService.parsed(transfer)
    }
    if case .object(var training)? = object["training"] {
      training["deterministic"] = true
      object["training"] = .object(training)
    }
    if let environment = run.environment { object["environment"] = RunService.parsed(environment) }
    let amendments = RunService.parsed(run.amendments)
    if amendments != [] { object["amendments"] = amendments }
    object["created_at"] = .string(Timestamp.text(run.createdAt))
    object["started_at"] = run.startedAt.map { .string(Timestamp.text($0)) } ?? .null
    object["finished_at"] = run.finishedAt.map { .string(Timestamp.text($0)) } ?? .null
    object["links"] = .object([
      "self": .string(base), "events": .string("\(base)/events"),
      "metrics": .string("\(base)/metrics"), "gradients": .string("\(base)/gradients"),
      "histograms": .string("\(base)/histograms"), "weights": .string("\(base)/weights"),
      "diagnosis": .string("\(base)/diagnosis"), "checkpoints": .string("\(base)/checkpoints"),
      "logs": .string("\(base)/logs"),
    ])
    if let range = try await learningRateRange(of: run, request) { object["lr_range"] = range }
    return .object(object)
  }

  private static func progress(_ progress: RunRecord.Progress) -> JSON {
    .object([
      "epoch": .integer(progress.epoch), "step": .integer(progress.step),
      "total_steps": progress.totalSteps.map { .integer($0) } ?? .null,
      "examples_per_second": progress.examplesPerSecond.map { .number($0.rounded()) } ?? .null,
      "elapsed_seconds": .number(progress.elapsedSeconds),
      "eta_seconds": progress.etaSeconds.map { .number($0) } ?? .null,
    ])
  }
}
