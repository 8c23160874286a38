import JSON
import Optimizers

/// What a schedule that goes by evaluations watches in a run.
public struct PlateauMonitor: Hashable, Sendable {
  /// Such as `validation_loss`.
  public let monitor: String
  /// Whether larger is better.
  public let isLarger: Bool

  /// Looks at what a schedule's rule names; `nil` without one, as for a schedule that goes by steps alone.
  ///
  /// What may be watched, and in which direction, is what early stopping may watch, so the same rules read it.
  init?(
    _ rule: PlateauRule?, _ training: inout ObjectReader,
    metrics: [any Metric], losses: LossTerms?, hasValidation: Bool
  ) {
    guard let rule else { return nil }
    var members = JSONObject([
      ("monitor", .string(rule.monitor ?? "validation_loss")), ("patience", 1),
    ])
    if let mode = rule.mode { members["mode"] = .string(mode.rawValue) }
    var reader = ObjectReader(["early_stopping": .object(members)])
    let stopping = EarlyStopping(
      &reader, metrics: metrics, losses: losses, hasValidation: hasValidation)
    for fault in reader.faults.all {
      let member = fault.pointer.split(separator: "/").last.map(String.init) ?? "monitor"
      let detail = fault.detail.replacing("would stop", with: "would cut the rate")
      training.fault("schedule", member, detail)
    }
    guard let stopping else { return nil }
    monitor = stopping.monitor
    isLarger = stopping.mode == .maximum
  }
}

extension ObjectReader {
  /// Records a fault of a member's member.
  mutating func fault(_ name: String, _ inner: String, _ detail: String) {
    add(Faults([Fault(pointer: "\(pointer(to: name))/\(inner)", detail: detail)]))
  }
}
