import Dispatch
import Synchronization

/// Dispatch lanes that each do one piece of work at a time, synchronously, for as long as there is any.
///
/// A lane with nothing to do costs nothing: it sleeps until `wake()`.
public final class WorkerPool: Sendable {
  public typealias Work = @Sendable () -> Void

  private struct State {
    var isIdle: [Bool]
    /// Grows with every `wake()`, so that a lane which found nothing knows that it must look again.
    var generation = 0
    var isOpen = true
  }

  private let lanes: [DispatchQueue]
  private let state: Mutex<State>
  private let group = DispatchGroup()
  private let next: @Sendable () -> Work?

  /// - Parameter next: the next piece of work, or `nil` when there's none now; called on the lanes.
  public init(lanes count: Int, next: @escaping @Sendable () -> Work?) {
    lanes = (0..<count).map {
      DispatchQueue(label: "chainrule.lane.\($0)", qos: .utility, autoreleaseFrequency: .workItem)
    }
    state = Mutex(State(isIdle: Array(repeating: true, count: count)))
    self.next = next
  }

  public var laneCount: Int { lanes.count }
  public var busyLaneCount: Int { state.withLock { $0.isIdle.count { !$0 } } }

  /// Says that there may be work.
  public func wake() {
    let started = state.withLock { state in
      guard state.isOpen else { return [Int]() }
      state.generation += 1
      let idle = state.isIdle.indices.filter { state.isIdle[$0] }
      for lane in idle { state.isIdle[lane] = false }
      return idle
    }
    for lane in started {
      lanes[lane].async(group: group) { [self] in work(lane) }
    }
  }

  /// Takes no more work; what is under way goes on.
  public func close() { state.withLock { $0.isOpen = false } }

  /// Waits until every lane has come to rest; answers whether they did before the deadline.
  public func waitUntilIdle(deadline: DispatchTime) -> Bool {
    group.wait(timeout: deadline) == .success
  }

  private func work(_ lane: Int) {
    while true {
      let seen = state.withLock { $0.isOpen ? $0.generation : nil }
      if seen != nil, let work = next() {
        work()
        continue
      }
      let mayRest = state.withLock { state in
        if state.isOpen, state.generation != seen { return false }
        state.isIdle[lane] = true
        return true
      }
      if mayRest { return }
    }
  }
}
