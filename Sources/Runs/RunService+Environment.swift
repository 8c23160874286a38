import JSON
import Store
import Training

/// What a run's bits depend on, noted when it begins.
///
/// ```
/// { "version", "instruction_set", "blas", "data": { "train": sha256, … },
///   "cloned_from": { "run", "version", … },
///   "changes": [{ "step", "version", … }] }
/// ```
///
/// `cloned_from` is there for the clone of a run that had begun, `changes` when the run went on elsewhere.
extension RunService {
  /// Changes of the environment that are noted of a run.
  static let mostChanges = 16

  /// What the clone of a run is told of that run's environment; `nil` for one that hadn't begun.
  static func environment(ofCloneOf run: RunRecord) -> JSON? {
    guard let found = RunEnvironment(parsed(run.environment)) else { return nil }
    return [
      "cloned_from": .object(JSONObject([("run", .string(run.id.rawValue))] + found.members))
    ]
  }

  /// Notes where a claimed run trains.
  ///
  /// - Returns: what to say of it in the run's log, where its bits may differ from those that it goes on from, or is to repeat.
  func noteEnvironment(of run: RunRecord) throws -> [LogRecord] {
    let present = configuration.environment
    var object = RunService.parsed(run.environment).object ?? JSONObject()
    guard let first = RunEnvironment(.object(object)) else {
      let model = object["cloned_from"]
      var begun = JSONObject(present.members)
      begun["data"] = .object(try digests(of: run))
      if let model { begun["cloned_from"] = model }
      try store.runs.note(environment: "\(JSON.object(begun))", of: run.id, attempt: run.attempt)
      guard let model, let other = RunEnvironment(model) else { return [] }
      return warnings(present.differences(from: other), "the run that it was cloned from", run)
    }
    let changes = object["changes"]?.array ?? []
    let newest = changes.last.flatMap { RunEnvironment($0) } ?? first
    let differences = present.differences(from: newest)
    guard !differences.isEmpty else { return [] }
    let change = JSON.object(
      JSONObject([("step", .integer(run.progress.step))] + present.members))
    object["changes"] = .array((changes + [change]).suffix(Self.mostChanges))
    try store.runs.note(environment: "\(JSON.object(object))", of: run.id, attempt: run.attempt)
    return warnings(differences, "those of a run that was never interrupted", run)
  }

  private func warnings(
    _ differences: [String], _ other: String, _ run: RunRecord
  ) -> [LogRecord] {
    if differences.isEmpty { return [] }
    let message = "bits may differ from \(other): \(differences.joined(separator: "; "))"
    return [LogRecord(level: .warning, message: message, step: run.progress.step)]
  }

  /// The SHA-256 of each upload that the run's data was made of, by its role.
  private func digests(of run: RunRecord) throws -> JSONObject {
    var digests = JSONObject()
    for (role, id) in [
      ("train", run.datasets.train as DatasetID?), ("validation", run.datasets.validation),
      ("test", run.datasets.test),
    ] {
      guard let id, let record = try store.datasets.getAndWait(id) else { continue }
      digests[role] = .string(record.sha256)
    }
    return digests
  }
}
