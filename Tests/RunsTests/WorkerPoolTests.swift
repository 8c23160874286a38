import Dispatch
import Synchronization
import Testing

@testable import Runs

@Suite struct WorkerPoolTests {
  /// Pieces of work that count themselves, and how many ran at once.
  final class Supply: Sendable {
    struct State {
      var left = 0
      var done = 0
      var running = 0
      var most = 0
    }

    let state = Mutex(State())

    func next() -> WorkerPool.Work? {
      let isThere = state.withLock { state in
        guard state.left > 0 else { return false }
        state.left -= 1
        return true
      }
      guard isThere else { return nil }
      return { [self] in
        state.withLock {
          $0.running += 1
          $0.most = max($0.most, $0.running)
        }
        state.withLock {
          $0.running -= 1
          $0.done += 1
        }
      }
    }
  }

  @Test("no piece of work is forgotten, whoever wakes when", arguments: [1, 2, 5])
  func nothingIsForgotten(lanes: Int) {
    let supply = Supply()
    let pool = WorkerPool(lanes: lanes) { supply.next() }
    for _ in 0..<2000 {
      supply.state.withLock { $0.left += 1 }
      pool.wake()
    }
    #expect(pool.waitUntilIdle(deadline: .now() + 30))
    let state = supply.state.withLock { $0 }
    #expect(state.done == 2000)
    #expect(state.most <= lanes)
    #expect(pool.busyLaneCount == 0)
  }

  @Test("a closed pool starts nothing")
  func closedPoolRests() {
    let supply = Supply()
    let pool = WorkerPool(lanes: 2) { supply.next() }
    pool.close()
    supply.state.withLock { $0.left = 3 }
    pool.wake()
    #expect(pool.waitUntilIdle(deadline: .now() + 5))
    #expect(supply.state.withLock { $0.done } == 0)
  }
}
