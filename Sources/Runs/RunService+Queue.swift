import Access
import Dispatch
import Foundation
import JSON
import Store
import Training

/// The queue: what waits in the store, in the scheduler's order.
extension RunService {
  /// What the machine's clock says, in seconds since 1970.
  static func now() -> Double { Date().timeIntervalSince1970 }

  /// Takes a queued run in, or in anew.
  ///
  /// What its row says by the machine's clock, which may have been set since, becomes how long it has waited, and how long
  /// it still waits at most.
  func enqueue(_ run: RunRecord) {
    let needs = RunNeeds(of: run)
    let (now, today) = (QueueClock.now(), Self.now())
    let waited = max(0, today - Double(run.waiting.since) / 1000)
    let pause = Self.pause(before: max(1, run.waiting.retries), of: run.id)
    let left = min(Double(run.waiting.notBefore) / 1000 - today, pause)
    let group = RunService.parsed(run.tags)["project"]?.string ?? ""
    let job = QueuedJob(
      id: run.id, number: run.number,
      share: "\(run.project)\n\(run.key?.rawValue ?? "")\n\(group)", key: run.key,
      priority: run.priority, queuedAt: now - waited, memoryBytes: needs.memoryBytes,
      threads: min(needs.threads, threadLimit(of: run)),
      notBefore: now + left, deadline: needs.deadline.map { Double($0) / 1000 },
      after: Set(needs.after))
    let limits = run.key.flatMap { keys?.get($0)?.limits }
    scheduler.withLock { scheduler in
      if let key = run.key { scheduler.limits[key] = limits }
      scheduler.enqueue(job, at: now)
    }
  }

  /// Heeds what a key's runs may have from now on.
  public func limitsChanged(of key: AccessKey) {
    scheduler.withLock { $0.limits[key.id] = key.limits }
    wakeLanes()
  }

  /// Threads that a run may have at most: the server's, or those of its key's quota.
  func threadLimit(of run: RunRecord) -> Int {
    min(configuration.threads, run.key.flatMap { keys?.get($0)?.quotas.threads } ?? .max)
  }

  /// The scheduler's part of a change of state.
  func queueMoved(_ run: RunRecord) {
    switch run.state {
    case .queued:
      enqueue(run)
      // The run that it waits for may have ended meanwhile.
      settleDependencies(of: run)
    case .running, .paused: break
    case .succeeded:
      _ = scheduler.withLock { $0.remove(run.id) }
      let freed = scheduler.withLock { $0.satisfied(run.id, at: QueueClock.now()) }
      if !freed.isEmpty { wakeLanes() }
    case .failed, .cancelled:
      _ = scheduler.withLock { $0.remove(run.id) }
      let dependents = scheduler.withLock { $0.dependents(of: run.id) }
      cancel(dependents, because: "run \(run.id), named in after, is \(run.state.rawValue)")
    }
  }

  /// Cancels runs that wait in vain, and in turn those that wait for them: one after the other, however long the chain, and
  /// on no thread that others wait for.
  private func cancel(_ dependents: [RunID], because detail: String) {
    if dependents.isEmpty { return }
    Self.vainQueue.async { [self] in
      for id in dependents {
        expire(
          id, reason: .cancelled, type: "dependency-failed",
          title: "A run it waited for didn't succeed", detail: detail)
      }
    }
  }

  private static let vainQueue = DispatchQueue(label: "chainrule.dependencies", qos: .utility)

  /// Looks whether the runs that one waits for are over already.
  func settleDependencies(of run: RunRecord) {
    for needed in RunNeeds(of: run).after {
      do {
        // One that was deleted had ended; had it failed, this run would have been cancelled.
        guard let other = try store.runs.getAndWait(needed) else {
          _ = scheduler.withLock { $0.satisfied(needed, at: QueueClock.now()) }
          continue
        }
        if other.state.isOver { queueMoved(other) }
      } catch {
        log("run \(run.id) waits for \(needed), which can't be read: \(error)")
      }
    }
  }

  /// The next run's training; `nil` when none can begin now.
  func nextWork() -> WorkerPool.Work? {
    while !isGoingDown, let job = scheduler.withLock({ $0.next(at: QueueClock.now()) }) {
      do {
        let run = try store.runs.claim(
          job.id, events: { $0.stateEvents }, committed: hub.publish)
        if let run {
          return { [self] in
            CrashNote.during(run.id) { train(run) }
            release(run.id)
          }
        }
        release(job.id)
      } catch {
        log("run \(job.id) couldn't be begun: \(error)")
        scheduler.withLock { scheduler in
          scheduler.release(job.id, at: QueueClock.now())
          // Not at once again: the store may be full.
          var later = job
          later.notBefore = QueueClock.now() + 5
          scheduler.enqueue(later, at: QueueClock.now())
        }
      }
    }
    return nil
  }

  /// What a run held is free: others may fit.
  private func release(_ id: RunID) {
    scheduler.withLock { $0.release(id, at: QueueClock.now()) }
    wakeLanes()
  }

  // MARK: - Now and then

  /// Ends what is past its deadline, has long runs give way, and wakes lanes for what waited for a time.
  func lookAfterQueue() {
    let now = QueueClock.now()
    let expired = scheduler.withLock { scheduler in
      scheduler.lag = QueueClock.lag()
      return scheduler.expired(at: now)
    }
    for id in expired {
      expire(
        id, reason: .timeLimit, type: "deadline-passed", title: "Its deadline has passed",
        detail: "the run was still queued at its deadline")
    }
    if let slice = configuration.sliceSeconds,
      let victim = scheduler.withLock({ $0.victim(at: now, slice: slice) })
    {
      giveWay(victim)
    }
    retryStranded()
    wakeLanes()
  }

  /// Ends the runs that couldn't be ended when they should have, now that the store may be written again.
  private func retryStranded() {
    let now = QueueClock.now()
    let isDue = strandedBackoff.withLock { $0.isDue(at: now) }
    guard isDue, !stranded.withLock(\.isEmpty), store.obstacleAndWait() == nil else { return }
    let all = stranded.withLock { stranded in
      defer { stranded = [] }
      return stranded
    }
    for one in all { giveUp(one.run, one.error) }
    let failed = !stranded.withLock(\.isEmpty)
    strandedBackoff.withLock { if failed { $0.lengthen(at: now) } else { $0 = Backoff() } }
  }

  /// Has a run keep its state and go back to the queue.
  private func giveWay(_ id: RunID) {
    guard let control = active.withLock({ $0[id] }), control.current == .none else { return }
    givingWay.withLock { _ = $0.insert(id) }
    control.request(.pause)
  }

  /// Cancels a run that waits and can't begin any more.
  private func expire(
    _ id: RunID, reason: StateReason, type: String, title: String, detail: String
  ) {
    do {
      guard let run = try store.runs.getAndWait(id), run.state == .queued else {
        _ = scheduler.withLock { $0.remove(id) }
        return
      }
      try transition(
        run, .expire, reason: reason,
        error: .object([
          "type": .string("/problems/\(type)"), "title": .string(title), "detail": .string(detail),
        ]))
    } catch {
      log("run \(id) couldn't be cancelled: \(error)")
    }
  }

  // MARK: - Forecast

  /// Where a queued run stands, and when it is likely to begin.
  func forecast(of run: RunRecord) async throws -> Scheduler.Forecast? {
    guard run.state == .queued else { return nil }
    let found = try await queueForecast(of: run)
    return found.map {
      Scheduler.Forecast(position: $0.position, start: $0.start.map { $0 + QueueClock.lag() })
    }
  }

  /// The same in the queue's time.
  private func queueForecast(of run: RunRecord) async throws -> Scheduler.Forecast? {
    let now = QueueClock.now()
    let (generation, waits, position) = scheduler.withLock {
      ($0.generation, $0.jobs[run.id] != nil, $0.plainPosition(of: run.id))
    }
    guard waits else { return nil }
    let known = forecasts.withLock { forecasts -> Scheduler.Forecast? in
      // While one of many that ask makes a new one, the others have the one before.
      guard forecasts.stands(generation, at: now) || !forecasts.beginMaking() else { return nil }
      return position.flatMap(forecasts.behind) ?? forecasts.all[run.id]
    }
    if let known { return known }
    do {
      let (left, usual) = try await store.runs.durations()
      let queue = scheduler.withLock { $0 }
      let start = QueueClock.now()
      let found = queue.forecast(at: now, usual: usual ?? 60, left: left)
      let made = Forecasts(
        at: now, cost: QueueClock.now() - start, generation: queue.generation, all: found,
        usual: usual ?? 60)
      forecasts.withLock { $0 = made }
      return found[run.id]
    } catch {
      forecasts.withLock { $0.isBeingMade = false }
      throw error
    }
  }
}

/// The newest forecast, which stands for a while: lists ask for many runs at once.
struct Forecasts: Sendable {
  /// Seconds for which one stands while the queue changes, and while it doesn't.
  private static let lifetimes = (changed: 0.5, same: 5.0)
  /// The share of the time that making them may take.
  private static let dearest = 0.02

  private var at = -1e9
  /// Seconds that it took to make.
  private var cost = 0.0
  private var generation = -1
  private(set) var all: [RunID: Scheduler.Forecast] = [:]
  /// By position, as far as that is in sight.
  private var starts: [Double] = []
  /// When all of them have begun, and the last has had its time; `nil` when that isn't in sight.
  private var ends: Double?
  /// Whether a newer one is on its way.
  var isBeingMade = false

  init() {}

  /// - Parameter usual: seconds of a run of which nothing is known.
  init(
    at: Double, cost: Double, generation: Int, all: [RunID: Scheduler.Forecast], usual: Double
  ) {
    self.at = at
    self.cost = cost
    self.generation = generation
    self.all = all
    starts = all.values.sorted { $0.position < $1.position }.compactMap(\.start)
    ends = starts.count == all.count ? starts.max().map { $0 + usual } : nil
  }

  /// Whether it may be told.
  func stands(_ generation: Int, at now: Double) -> Bool {
    // It stands longer for a queue of thousands.
    let changed = min(Self.lifetimes.same, max(Self.lifetimes.changed, cost / Self.dearest))
    return now - at < (generation == self.generation ? Self.lifetimes.same : changed)
  }

  /// - Returns: whether the caller is the one to make a new one.
  mutating func beginMaking() -> Bool {
    defer { isBeingMade = true }
    return !isBeingMade
  }

  /// Of a run behind so many others, also of one that came since.
  func behind(_ position: Int) -> Scheduler.Forecast? {
    guard !all.isEmpty else { return nil }
    let start = position < starts.count ? starts[position] : position == all.count ? ends : nil
    return Scheduler.Forecast(position: position, start: start)
  }
}

extension AccessKey {
  /// What its runs may have at once; `nil` where it has no such quota.
  fileprivate var limits: KeyLimits? {
    if quotas.runningRuns == nil, quotas.threads == nil { return nil }
    return KeyLimits(lanes: quotas.runningRuns, threads: quotas.threads)
  }
}
