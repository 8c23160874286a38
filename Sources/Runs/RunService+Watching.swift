import Dispatch
import Foundation
import JSON
import Store
import Training

/// Tells of runs that the watchdog sees stall.
extension RunService {
  static let stalledRule = "stalled_training"
  private static let watchQueue = DispatchQueue(label: "chainrule.watchdog", qos: .utility)

  func startWatching() {
    let interval = min(1, configuration.stallSeconds / 4)
    watch.withLock { watch in
      watch?.cancel()
      let timer = DispatchSource.makeTimerSource(queue: Self.watchQueue)
      timer.schedule(deadline: .now() + interval, repeating: interval)
      timer.setEventHandler { [weak self] in
        self?.lookAfterRuns()
        self?.lookAfterQueue()
        self?.housekeeping.look(at: Self.now())
      }
      timer.activate()
      watch = timer
    }
  }

  func stopWatching() {
    watch.withLock { watch in
      watch?.cancel()
      watch = nil
    }
  }

  func watch(_ run: RunRecord, _ control: TrainingControl) {
    watchdog.withLock { $0.begin(run.id, attempt: run.attempt, control, at: Watchdog.now()) }
  }

  func unwatch(_ run: RunID, _ control: TrainingControl) {
    if let sight = watchdog.withLock({ $0.end(run, control, at: Watchdog.now()) }) { tell(sight) }
  }

  private func lookAfterRuns() {
    for sight in watchdog.withLock({ $0.look(at: Watchdog.now()) }) { tell(sight) }
  }

  private func tell(_ sight: Watchdog.Sight) {
    do {
      try record(sight)
    } catch {
      log("run \(sight.run) has \(sight.isOver ? "moved again" : "stalled"): \(error)")
    }
  }

  private func record(_ sight: Watchdog.Sight) throws {
    guard let run = try store.runs.getAndWait(sight.run), run.attempt == sight.attempt else {
      return
    }
    let step = run.progress.step
    var finding = Self.finding(sight, step: step)
    finding.isResolved = sight.isOver
    let message =
      sight.isOver
      ? "moves again after \(Int(sight.seconds)) s" : finding.explanation
    log("run \(run.id), attempt \(run.attempt): \(message)")
    var batch = HistoryBatch()
    batch.findings = [StoredFinding(finding)]
    let level = sight.isOver ? LogRecord.Level.info : .warning
    batch.logs = [StoredLog(LogRecord(level: level, message: message, step: step))]
    if !sight.isOver { batch.events = [NewEvent(RunBatch.EventDraft(finding, at: step))] }
    try store.history.append(batch, to: run.id, attempt: run.attempt, committed: hub.publish)
  }

  private static func finding(_ sight: Watchdog.Sight, step: Int) -> Finding {
    var figures = [Finding.Figure("seconds_without_a_step", sight.seconds)]
    if let usual = sight.usual { figures.append(Finding.Figure("usual_step_seconds", usual)) }
    figures.append(Finding.Figure("usual_steps", Watchdog.usualSteps))
    return Finding(
      rule: stalledRule, severity: .critical, steps: max(step, 1)...max(step, 1),
      evidence: figures,
      explanation: step == 0
        ? "The run hasn't come to its first step in \(Int(sight.seconds)) s."
        : "No step has ended for \(Int(sight.seconds)) s, the last was step \(step).",
      advice: Finding.Advice(
        "See whether the machine lacks memory or its disk is slow or full; cancelling takes effect when a step ends."
      ))
  }
}
