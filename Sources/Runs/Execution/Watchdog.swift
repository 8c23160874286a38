import Dispatch
import Store
import Training

/// Sees a run that no longer moves: no step and no batch of an evaluation for much longer than it usually takes.
///
/// A value that is asked with the time; who asks it acts on what it answers.
struct Watchdog {
  /// A run counts as stalled after this many of its usual steps, and no sooner than after `stallSeconds`.
  static let usualSteps = 20.0
  static let summary =
    "No step and no batch of an evaluation has ended for 20 usual steps, and for --stall-seconds at least."

  let stallSeconds: Double

  private struct Watched {
    let attempt: Int
    let control: TrainingControl
    let began: Double
    var beats: Int
    var movedAt: Double
    var stalledAt: Double?

    var usual: Double? { beats > 0 ? (movedAt - began) / Double(beats) : nil }

    func sight(of run: RunID, since: Double, at time: Double, isOver: Bool) -> Sight {
      Sight(run: run, attempt: attempt, seconds: time - since, usual: usual, isOver: isOver)
    }
  }
  private var watched: [RunID: Watched] = [:]

  /// What was seen of a run.
  struct Sight: Hashable {
    let run: RunID
    let attempt: Int
    /// Seconds without a move.
    let seconds: Double
    /// Seconds a move usually takes; `nil` before the first.
    let usual: Double?
    /// Whether it moves again, rather than no more.
    let isOver: Bool
  }

  init(stallSeconds: Double) { self.stallSeconds = stallSeconds }

  /// Seconds of a clock that only goes forward.
  static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  mutating func begin(_ run: RunID, attempt: Int, _ control: TrainingControl, at time: Double) {
    watched[run] = Watched(
      attempt: attempt, control: control, began: time, beats: control.beats, movedAt: time)
  }

  /// No longer watches a run.
  ///
  /// - Returns: that it moves again, if it had stalled.
  mutating func end(_ run: RunID, _ control: TrainingControl, at time: Double) -> Sight? {
    guard let one = watched[run], one.control === control else { return nil }
    watched[run] = nil
    return one.stalledAt.map { one.sight(of: run, since: $0, at: time, isOver: true) }
  }

  /// The runs that have stalled since the last look, and those that move again.
  mutating func look(at time: Double) -> [Sight] {
    var sights: [Sight] = []
    for (run, var one) in watched {
      if one.control.beats != one.beats {
        if let stalled = one.stalledAt {
          sights.append(one.sight(of: run, since: stalled, at: time, isOver: true))
        }
        one.beats = one.control.beats
        one.movedAt = time
        one.stalledAt = nil
      } else if one.stalledAt == nil,
        time - one.movedAt >= max(stallSeconds, Self.usualSteps * (one.usual ?? 0))
      {
        one.stalledAt = one.movedAt
        sights.append(one.sight(of: run, since: one.movedAt, at: time, isOver: false))
      }
      watched[run] = one
    }
    return sights.sorted { $0.run.rawValue < $1.run.rawValue }
  }
}
