import Datasets
import Foundation
import JSON
import Store
import Training

/// What becomes of runs whose process or store failed them.
extension RunService {
  /// Deaths of the process by a run's doing, after which it isn't tried again.
  static let mostDeaths = 2
  /// Attempts in a row that a fault which may pass is given.
  static let mostRetries = 5

  /// Queues again what a server that is no more was running; a run that has killed it twice is set aside.
  func recover() throws {
    let note = configuration.crashNote.flatMap(CrashNote.take)
    let running = try store.runs.all(in: .running)
    // A thread that helps a run has no name; where one trained alone with such threads, it was that one's.
    let alone = running.count == 1 ? running.first : nil
    let helped = alone.map { RunNeeds(of: $0).threads > 1 } ?? false
    let guilty = note.flatMap { $0.run ?? (helped ? alone?.id : nil) }
    if let note {
      log(
        "the server before this one died of \(note.death)\(guilty.map { " while it trained run \($0)" } ?? "")"
      )
    }
    for run in running {
      if let note, run.id == guilty {
        try tryAgain(run, afterDeath: "The process", of: note.signal)
      } else {
        let now = try takeBack(run, .serverRestart, reason: .serverRestart)
        log(
          "run \(run.id) was running when the server ended; it is \(now?.state.rawValue ?? "gone") now"
        )
      }
    }
  }

  /// Counts a death of the process that trained a run against it.
  ///
  /// - Parameter process: which one, as a sentence begins.
  func tryAgain(_ run: RunRecord, afterDeath process: String, of signal: Int?) throws {
    let death = signal.map { "died of \(CrashNote.name(of: $0))" } ?? "ended without a word"
    var evidence: String?
    try settle(run) { current in
      let deaths = current.waiting.deaths + 1
      let said =
        evidence
        ?? "\(process) \(death) while it trained this run: attempt \(current.attempt), after step "
        + "\(current.progress.step), death \(deaths)."
      if evidence == nil { try record(said, of: current) }
      evidence = said
      var change = RunChange()
      change.deaths = deaths
      // One that is to pause or to be cancelled is tried no more in any case.
      if deaths < Self.mostDeaths || current.wish == .cancel || current.wish == .pause {
        log("run \(run.id), death \(deaths): \(said)")
        return try takeBack(current, .serverRestart, reason: .workerLost, change: change)
      }
      log("run \(run.id) is quarantined")
      return try transition(
        current, .fail, reason: .quarantined,
        error: .object([
          "type": "/problems/quarantined", "title": "The run kills the process that trains it",
          "detail": .string(said + " It isn't tried again; its log has all of them."),
          "step": .integer(current.progress.step),
        ]), change: change)
    }
  }

  /// A line of a running run's log.
  private func record(_ message: String, of run: RunRecord) throws {
    var batch = HistoryBatch()
    batch.logs = [
      StoredLog(LogRecord(level: .error, message: message, step: run.progress.step))
    ]
    try store.history.append(batch, to: run.id, attempt: run.attempt, committed: hub.publish)
  }

  // MARK: - Faults that may pass

  /// Has a run wait and try again when what failed may pass, such as a full disk.
  ///
  /// - Parameter claimed: the run as this attempt began; one that has come further since begins to count anew.
  /// - Returns: the run, when it is tried again.
  func tryAgain(
    _ run: RunRecord, claimed: RunRecord, after error: any Error
  ) throws -> RunRecord? {
    let retries = run.progress.step > claimed.progress.step ? 0 : run.waiting.retries
    guard let reason = Self.passing(error), retries < Self.mostRetries else { return nil }
    var change = RunChange()
    change.retries = retries + 1
    let seconds = Self.pause(before: retries + 1, of: run.id)
    change.notBefore = Int((Self.now() + seconds) * 1000)
    log(
      "run \(run.id) is tried again in \(Int(seconds)) s, for the \(retries + 1). time: \(error)"
    )
    return try takeBack(run, .giveBack, reason: reason, change: change)
  }

  /// What to say of a fault that may pass; `nil` for one that won't.
  private static func passing(_ error: any Error) -> StateReason? {
    switch error {
    case let error as StoreError where error.code == .diskFull: .diskFull
    case let error as StoreError where error.code == .unavailable: .workerLost
    case let error as DatasetError where error.code == .unavailable: .workerLost
    case WorkerError.cannotStart: .workerLost
    default: nil
    }
  }

  /// Seconds before a retry: 5, 10, 20, …, each up to a quarter longer, so that runs which failed together don't return so.
  static func pause(before retry: Int, of run: RunID) -> Double {
    let spread = Double(run.rawValue.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFF }) / 256
    return 5 * Double(1 << min(retry - 1, 6)) * (1 + spread / 4)
  }
}
