import Store
import Synchronization

/// Tells readers of events that committed, and keeps the newest of them at hand.
///
/// An event is published here only after it is in the store, so that a reader can always go back
/// there: the hub holds a bounded ring of recent events, a reader that fell behind the ring reads
/// the store instead, and nobody's slowness costs memory or holds up a run.
public final class ProgressHub: Sendable {
  private struct Waiter {
    let run: RunID?
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    /// Recent events of all runs, ids ascending.
    var ring: [RunEvent] = []
    /// Every event after this id that was ever published is still in `ring`.
    var floor: Int64
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
    var isClosed = false
  }

  private let capacity: Int
  private let state: Mutex<State>

  /// - Parameter lastID: the newest event in the store when the server starts.
  public init(lastID: Int64, capacity: Int = 4096) {
    self.capacity = capacity
    state = Mutex(State(floor: lastID))
  }

  /// Tells of events that the store has just committed.
  @Sendable func publish(_ stored: [StoredEvent]) { publish(stored.compactMap(RunEvent.init)) }

  /// Adds events in the order in which they committed, and wakes those who wait for them.
  public func publish(_ events: [RunEvent]) {
    guard !events.isEmpty else { return }
    let woken = state.withLock { state in
      state.ring.append(contentsOf: events)
      // Trimmed by halves, so that publishing stays linear in what is published.
      if state.ring.count > 2 * capacity {
        let surplus = state.ring.count - capacity
        state.floor = state.ring[surplus - 1].id
        state.ring.removeFirst(surplus)
      }
      let runs = Set(events.map(\.run))
      let matching = state.waiters.filter { $0.value.run.map(runs.contains) ?? true }
      for key in matching.keys { state.waiters[key] = nil }
      return matching.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume() }
  }

  /// Notes that events up to an id are in the store without having been published; readers look there for them.
  func pass(_ id: Int64) {
    state.withLock { state in
      guard id > state.floor else { return }
      state.floor = id
      state.ring.removeAll { $0.id <= id }
    }
  }

  /// Wakes every reader and lets no more wait: the server is going down.
  public func close() {
    let woken = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [:] }
      return state.waiters.values.map(\.continuation)
    }
    for continuation in woken { continuation.resume() }
  }

  /// How many readers wait for news.
  var waiterCount: Int { state.withLock(\.waiters.count) }

  var isClosed: Bool { state.withLock(\.isClosed) }

  /// The newest event there is.
  var newestID: Int64 { state.withLock { $0.ring.last?.id ?? $0.floor } }

  /// Every event up to this id is in the store, whether or not the hub still has it.
  var floor: Int64 { state.withLock(\.floor) }

  /// At most `limit` events after `cursor`, or `nil` when some of them are only in the store.
  func recent(of run: RunID?, after cursor: Int64, limit: Int) -> [RunEvent]? {
    state.withLock { state in
      guard cursor >= state.floor else { return nil }
      let start = state.ring.partitioningIndex { $0.id > cursor }
      return Array(
        state.ring[start...].lazy.filter { run == nil || $0.run == run }.prefix(limit))
    }
  }

  /// Returns when there may be events after `cursor`, the hub closes, or the task is cancelled.
  func wait(for run: RunID?, after cursor: Int64) async {
    let key = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          let start = state.ring.partitioningIndex { $0.id > cursor }
          let hasNews = state.ring[start...].contains { run == nil || $0.run == run }
          if hasNews || cursor < state.floor || state.isClosed || Task.isCancelled { return true }
          state.waiters[key] = Waiter(run: run, continuation: continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume()
    }
  }
}

extension Array {
  /// The first index whose element belongs to the second part; the parts are in this order.
  fileprivate func partitioningIndex(where belongsToSecond: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
