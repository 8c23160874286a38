import Store

/// When waiting runs are likely to begin.
extension Scheduler {
  /// How many starts are looked ahead; runs behind have a position and no time.
  static let forecastLength = 1_000

  struct Forecast: Hashable, Sendable {
    /// From 0; `nil` for a run that waits for another that isn't in sight.
    let position: Int
    let start: Double?
  }

  /// How many wait before a run, where that is plain: all of them of one share, with nothing held back; else `nil`.
  func plainPosition(of id: RunID) -> Int? {
    held.isEmpty ? positionInOnlyShare(of: id) : nil
  }

  /// Plays the queue forward with what is known of how long runs take.
  ///
  /// - Parameter usual: seconds of a run of which nothing is known.
  /// - Parameter left: seconds that a running one still takes, where that is known.
  func forecast(at now: Double, usual: Double, left: [RunID: Double]) -> [RunID: Forecast] {
    var future = self
    var time = now
    var ends = running.values.map { one in
      (id: one.job.id, at: now + (left[one.job.id] ?? max(0, usual - (now - one.since))))
    }
    var found: [RunID: Forecast] = [:]
    while found.count < Self.forecastLength {
      while let job = future.next(at: time) {
        found[job.id] = Forecast(position: found.count, start: time)
        ends.append((job.id, time + (job.seconds ?? usual)))
      }
      // On to the next end, or to the next time that is waited for.
      let due = future.delayed.compactMap { id in
        future.jobs[id].flatMap { $0.notBefore > time ? $0.notBefore : nil }
      }
      guard let next = (ends.map(\.at) + due).min() else { break }
      time = max(time, next)
      for end in ends where end.at <= time {
        future.release(end.id, at: end.at)
        _ = future.satisfied(end.id, at: end.at)
      }
      ends.removeAll { $0.at <= time }
    }
    let rest = future.jobs.values.sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
    for job in rest { found[job.id] = Forecast(position: found.count, start: nil) }
    return found
  }
}
