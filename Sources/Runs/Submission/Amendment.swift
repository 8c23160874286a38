import Foundation
import JSON
import Store
import Training

/// What a client may change of a run that goes on: how long, how fast, what is kept and looked at; not what is computed
/// from the start.
struct Amendment {
  /// Whole parts, and members of `training`.
  private static let parts = ["training", "observe", "max_seconds", "deadline"]
  private static let trainingParts = [
    "epochs", "steps", "optimizer", "schedule", "clip", "gradients", "early_stopping", "checkpoint",
    "threads",
  ]

  /// The run's request with the changes in it.
  let request: JSON
  let amended: RunRequest
  private let changes: JSON

  /// - Throws: `Faults` for what can't be changed any more, and for what makes no sense with what was done.
  init(_ changes: JSON, of run: RunRecord) throws(Faults) {
    guard case .object(let members) = changes else {
      throw Faults([Fault(pointer: "", detail: "expected an object, found \(changes.kind)")])
    }
    var faults = Faults()
    func check(_ names: [String], _ allowed: [String], _ pointer: String) {
      for name in names where !allowed.contains(name) {
        faults.add(
          "\(pointer)/\(name)",
          "can't be changed when a run goes on\(nearest(name, among: allowed)); these can: "
            + "\(allowed.joined(separator: ", ")). To change more, clone the run")
      }
    }
    let old = RunService.parsed(run.request)
    let training = members["training"]?.object
    check(members.members.map(\.0), Self.parts, "")
    check(training?.members.map(\.0) ?? [], Self.trainingParts, "/training")
    if let type = training?["optimizer"]?["type"]?.string,
      type != (old["training"]?["optimizer"]?["type"] ?? old["training"]?["optimizer"])?.string
    {
      faults.add("/training/optimizer/type", "can't be changed: its memory goes on with the run")
    }
    try faults.check()
    var patch = members
    if var training {
      // One of the two takes the other's place.
      if training["steps"] != nil { training["epochs"] = .null }
      if training["epochs"]?.integer != nil { training["steps"] = .null }
      if let name = old["training"]?["optimizer"]?.string, training["optimizer"]?.object != nil {
        training["optimizer"] = RunService.merged(
          ["type": .string(name)], training["optimizer"] ?? .null)
      }
      patch["training"] = .object(training)
    }
    request = RunService.merged(old, .object(patch))
    self.changes = changes
    amended = try RunRequest(request)
    let done = run.progress
    switch amended.training.duration {
    case .epochs(let count) where count < done.epoch:
      faults.add("/training/epochs", "is \(count), and the run is in epoch \(done.epoch)")
    case .steps(let count) where count < done.step:
      faults.add("/training/steps", "is \(count), and the run has taken \(done.step)")
    default: break
    }
    try faults.check()
  }

  /// The run's list of amendments with this one.
  func appended(to run: RunRecord) -> JSON {
    let entry: JSON = [
      "at": .string(Timestamp.text(Int(RunService.now() * 1000))),
      "step": .integer(run.progress.step), "changes": changes,
    ]
    return .array((RunService.parsed(run.amendments).array ?? []) + [entry])
  }
}
