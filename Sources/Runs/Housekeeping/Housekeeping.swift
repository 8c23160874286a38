import CProcess
import Dispatch
import Store
import Synchronization

/// Puts away what isn't needed any more: the rows of deleted runs, what rules of retention say, free pages of the
/// store, free memory of the process.
///
/// All of it happens beside requests and training, in short transactions, each followed by a pause as long as itself. What a
/// process leaves undone the next goes on with.
public final class Housekeeping: Sendable {
  /// Seconds between looks at the store, and between looks at what has grown too old.
  private static let intervals = (look: 60.0, pass: 3_600.0)

  let store: Store
  let datasets: DatasetLibrary
  let rules: RetentionRules
  let log: @Sendable (String) -> Void
  public let figures = HousekeepingFigures()

  private struct State {
    var work: Task<Void, Never>?
    /// Whether there may be something to do that `work` hasn't seen.
    var isWanted = false
    var isStopped = false
    var nextLook = 0.0
    var nextPass = 0.0
  }
  private let state = Mutex(State())

  init(
    store: Store, datasets: DatasetLibrary, rules: RetentionRules,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.datasets = datasets
    self.rules = rules
    self.log = log
  }

  /// Looks at once whether there is something to do.
  func wake() {
    state.withLock { state in
      state.isWanted = true
      guard state.work == nil, !state.isStopped else { return }
      state.work = Task(priority: .utility) { await self.work() }
    }
  }

  /// Looks when it is time to.
  ///
  /// - Parameter now: seconds since 1970.
  func look(at now: Double) {
    let isDue = state.withLock { state in
      guard now >= state.nextLook else { return false }
      state.nextLook = now + Self.intervals.look
      return true
    }
    if isDue { wake() }
  }

  /// Ends after the transaction under way.
  func stop() async {
    let work = state.withLock { state in
      state.isStopped = true
      return state.work
    }
    work?.cancel()
    await work?.value
  }

  private func work() async {
    while takeWish() {
      do {
        try await sweep()
        try await passIfDue(at: RunService.now())
        try await giveBack()
        try store.restoreReserve()
        free_memory_give_back()
      } catch is CancellationError {
        // The next server goes on.
      } catch {
        log("housekeeping couldn't go on, and is tried again in a minute: \(error)")
      }
    }
  }

  private func takeWish() -> Bool {
    state.withLock { state in
      guard state.isWanted, !state.isStopped else {
        state.work = nil
        return false
      }
      state.isWanted = false
      return true
    }
  }

  private func passIfDue(at now: Double) async throws {
    guard state.withLock({ now >= $0.nextPass }) else { return }
    try await pass(at: Int(now * 1000))
    state.withLock { $0.nextPass = now + Self.intervals.pass }
  }

  /// Does one transaction's work, and then nothing for as long as that took or a few times as long.
  func paced<Result>(
    times: Int = 1, _ body: () async throws -> Result
  ) async throws -> Result {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try await body()
    try await Task.sleep(for: min((clock.now - start) * times, .seconds(1)))
    return result
  }

  /// Deletes what runs that were deleted still have.
  func sweep() async throws {
    while true {
      let sweep = try await paced { try await store.runs.sweep() }
      figures.sweptCount.add(sweep.removed, ordering: .relaxed)
      if sweep.isDone { return }
    }
  }

  /// Gives free pages back to the disk while nobody waits to write.
  private func giveBack() async throws {
    var space = try await store.space()
    guard space.isWasteful else { return }
    var patience = 100
    while space.excessPages > 0 {
      if store.isWriterWanted {
        patience -= 1
        guard patience > 0 else { return }
        try await Task.sleep(for: .milliseconds(100))
        continue
      }
      let before = space
      space = try await paced(times: 3) { try await store.giveBack(pages: before.excessPages) }
      guard space.pages < before.pages else { return }
      figures.returnedBytes.add(
        (before.pages - space.pages) * space.pageBytes, ordering: .relaxed)
    }
  }
}
