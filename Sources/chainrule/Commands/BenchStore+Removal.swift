import Foundation
import Store

/// How long a deletion of the long history holds others up.
extension BenchStore {
  /// Times small writes, at first alone and then beside the removal of a run.
  static func remove(_ store: Store, _ run: RunRecord, _ clock: ContinuousClock) async throws {
    let small = try await store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: run.datasets, request: "{}", tags: "{}"))
    _ = try store.runs.move(
      run, to: .succeeded, reason: nil, events: { _ in [] }, committed: { _ in })
    let alone = Task { try await writes(store, small.id, clock) { $0 < 500 } }
    print("small writes alone: \(summary(try await alone.value))")

    let answered = try await clock.measure { try await store.runs.delete(run.id) }
    print("the run deleted after \(milliseconds(answered))")
    let sweeping = Task { try await sweep(store, clock) }
    let beside = Task {
      try await writes(store, small.id, clock) { _ in try await store.runs.beingRemoved() > 0 }
    }
    let slices = try await sweeping.value
    print("slices: \(summary(slices)), \(slices.count) of them")
    print("small writes beside them: \(summary(try await beside.value))")

    let before = try await store.space()
    var times: [Duration] = []
    var space = before
    while space.excessPages > 0 {
      let start = clock.now
      space = try await store.giveBack(pages: space.excessPages)
      times.append(clock.now - start)
    }
    print("free pages given back, half a MiB at a time: \(summary(times)), \(times.count) times")
  }

  /// How long each transaction took, with pauses as the server makes them.
  private static func sweep(_ store: Store, _ clock: ContinuousClock) async throws -> [Duration] {
    var times: [Duration] = []
    var isDone = false
    while !isDone {
      let start = clock.now
      isDone = try await store.runs.sweep().isDone
      times.append(clock.now - start)
      try await Task.sleep(for: clock.now - start)
    }
    return times
  }

  private static func writes(
    _ store: Store, _ run: RunID, _ clock: ContinuousClock,
    _ goesOn: (Int) async throws -> Bool
  ) async throws -> [Duration] {
    var times: [Duration] = []
    while try await goesOn(times.count) {
      let start = clock.now
      _ = try await store.runs.update(run, name: nil, tags: nil, priority: times.count % 10)
      times.append(clock.now - start)
      try await Task.sleep(for: .milliseconds(2))
    }
    return times
  }

  private static func summary(_ times: [Duration]) -> String {
    let sorted = times.sorted()
    guard let last = sorted.last else { return "none" }
    let middle = sorted[sorted.count / 2]
    let high = sorted[min(sorted.count * 99 / 100, sorted.count - 1)]
    return
      "\(milliseconds(middle)), 99 % within \(milliseconds(high)), at most \(milliseconds(last))"
  }

  private static func milliseconds(_ time: Duration) -> String {
    String(format: "%.2f ms", time / .milliseconds(1))
  }
}
