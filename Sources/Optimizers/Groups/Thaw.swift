import JSON

/// When a group that is held still begins to move.
///
/// Gradual unfreezing: Howard and Ruder 2018, arXiv:1801.06146, section 3.3.
public enum Thaw: Hashable, Sendable {
  /// The number of the first step that moves it, from 2.
  case step(Int)
  /// The epoch whose steps are the first that move it, from 2.
  case epoch(Int)

  static let steps = 2...1_000_000_000
  static let epochs = 2...1_000_000

  /// The number of the first step that moves the group, from 1.
  public func firstStep(perEpoch steps: Int) -> Int {
    switch self {
    case .step(let step): step
    case .epoch(let epoch): (epoch - 1) * max(steps, 1) + 1
    }
  }

  var member: String {
    if case .step = self { "step" } else { "epoch" }
  }

  /// Reads the member `unfreeze_at`; `nil` when there is none, or after a fault.
  static func decoded(_ reader: inout ObjectReader) -> Thaw? {
    guard var point = reader.reader("unfreeze_at") else { return nil }
    let epoch = point.integer("epoch", in: epochs)
    let step = point.integer("step", in: steps)
    if point.has("epoch"), point.has("step") {
      point.fault("step", "contradicts epoch; give one of the two")
    } else if point.faults.isEmpty, epoch == nil, step == nil {
      point.fault("epoch", "is missing; say when the group begins to move, by epoch or by step")
    }
    let faults = point.finish()
    reader.add(faults)
    guard faults.isEmpty else { return nil }
    return step.map { .step($0) } ?? epoch.map { .epoch($0) }
  }
}
