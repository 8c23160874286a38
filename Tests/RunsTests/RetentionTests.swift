import Foundation
import JSON
import Store
import Testing

@testable import Runs

/// What rules of retention say of runs, and what is done about it.
@Suite struct RetentionTests {
  private static let day = 86_400_000

  private func run(
    _ number: Int, _ state: RunState = .succeeded, daysAgo: Int, isKept: Bool = false,
    isThinnable: Bool = true
  ) -> EndedRun {
    EndedRun(
      id: RunID.make(), number: number, state: state,
      finishedAt: Self.now - daysAgo * Self.day - 1, isKept: isKept, isThinnable: isThinnable)
  }
  private static let now = 20_000 * day

  @Test("without rules nothing is too old")
  func none() {
    let rules = RetentionRules()
    #expect(rules.ageLimit(at: Self.now) == nil)
    #expect(rules.reason(toRemove: run(1, daysAgo: 9_999), at: Self.now) == nil)
    #expect(!rules.isExceeded(by: StoreSpace(pageBytes: 8_192, pages: 1 << 40, freePages: 0)))
  }

  @Test("runs are removed by their age, those that failed sooner, those that are kept never")
  func ages() {
    var rules = RetentionRules()
    rules.keepRunsDays = 30
    rules.keepFailedDays = 7
    #expect(rules.ageLimit(at: Self.now) == Self.now - 7 * Self.day)
    func reason(_ state: RunState, _ days: Int, kept: Bool = false) -> RetentionRules.Reason? {
      rules.reason(toRemove: run(1, state, daysAgo: days, isKept: kept), at: Self.now)
    }
    #expect(reason(.succeeded, 29) == nil && reason(.succeeded, 30) == .age)
    #expect(reason(.failed, 6) == nil && reason(.failed, 7) == .failed)
    #expect(reason(.cancelled, 7) == .failed && reason(.cancelled, 30) == .age)
    #expect(reason(.failed, 99, kept: true) == nil && reason(.succeeded, 99, kept: true) == nil)
    rules.keepRunsDays = 0
    #expect(reason(.succeeded, 999) == nil && reason(.failed, 7) == .failed)
    rules.keepRunsDays = 3
    rules.keepFailedDays = 0
    #expect(reason(.failed, 2) == nil && reason(.failed, 3) == .age)
  }

  @Test("for the store's size the oldest histories are thinned first, then the oldest runs go")
  func sizes() {
    let runs = [
      run(4, daysAgo: 1), run(1, daysAgo: 9), run(2, daysAgo: 8, isKept: true),
      run(3, daysAgo: 7, isThinnable: false),
    ]
    #expect(
      RetentionRules.shrinkings(of: runs) == [
        .thin(runs[1].id), .thin(runs[0].id), .remove(runs[1].id), .remove(runs[3].id),
        .remove(runs[0].id),
      ])
    var rules = RetentionRules()
    rules.maxStoreBytes = 8_192 * 10
    #expect(!rules.isExceeded(by: StoreSpace(pageBytes: 8_192, pages: 15, freePages: 5)))
    #expect(rules.isExceeded(by: StoreSpace(pageBytes: 8_192, pages: 15, freePages: 4)))
  }

  // MARK: - Carried out

  private func housekeeping(_ bench: Bench, _ rules: RetentionRules) -> Housekeeping {
    Housekeeping(store: bench.store, datasets: bench.datasets, rules: rules, log: { _ in })
  }

  private func ended(
    _ bench: Bench, _ dataset: DatasetID, _ state: RunState = .succeeded, tags: String = "{}",
    weights: Int = 0
  ) async throws -> RunID {
    let queued = try await bench.store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: .init(train: dataset), request: "{}",
        tags: tags))
    let run = try #require(try bench.store.runs.claim(queued.id))
    if weights > 0 {
      var batch = HistoryBatch()
      batch.checkpoints = [
        NewCheckpoint(
          kind: "latest", step: 1, epoch: 1, metric: nil,
          weights: FileContent([UInt8](repeating: 1, count: weights)), state: nil, keep: 1)
      ]
      try bench.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    }
    _ = try bench.store.runs.move(
      run, to: state, reason: nil, events: { $0.stateEvents }, committed: { _ in })
    return run.id
  }

  private static func later(_ days: Int) -> Int {
    Int(Date().timeIntervalSince1970 * 1000) + days * day
  }

  @Test("an upload to which nothing came for so many days goes with its bytes")
  func uploads() async throws {
    let bench = try Bench()
    let uploads = bench.datasets.uploads
    let upload = try await uploads.create(length: 10, metadata: "", sha256: nil)
    let end = try await uploads.append(to: upload, at: 0) { sink, room in
      #expect(room == 10)
      try sink.append([1, 2, 3])
    }
    #expect(end == 3)
    var rules = RetentionRules()
    rules.keepUploadsDays = 2
    let housekeeping = housekeeping(bench, rules)
    try await housekeeping.pass(at: Self.later(1))
    #expect(try uploads.offset(of: upload) == 3)
    try await housekeeping.pass(at: Self.later(3))
    #expect(try await bench.store.uploads.get(upload.id) == nil)
    #expect(throws: LibraryError.self) { try uploads.offset(of: upload) }
  }

  @Test("a start keeps the uploads that go on, and forgets those whose bytes are gone")
  func uploadsAtStart() async throws {
    let bench = try Bench()
    let uploads = bench.datasets.uploads
    let whole = try await uploads.create(length: 10, metadata: "", sha256: nil)
    let lost = try await uploads.create(length: 10, metadata: "", sha256: nil)
    let folder = bench.folder.appending(path: "uploads")
    try FileManager.default.removeItem(at: folder.appending(path: lost.id.rawValue))
    try Data([1]).write(to: folder.appending(path: "upl_00000000000000000000000000"))
    try await bench.datasets.sweep()
    #expect(try await bench.store.uploads.ids() == [whole.id])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
        == [whole.id.rawValue])
  }

  @Test("old runs go with their rows, and then the dataset that they used with its files")
  func pass() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    let good = try await ended(bench, data)
    let bad = try await ended(bench, data, .failed)
    let kept = try await ended(bench, data, tags: "{\"keep\": \"the paper\"}")
    let waiting = try await bench.store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: .init(train: data), request: "{}", tags: "{}")
    )
    var rules = RetentionRules()
    rules.keepRunsDays = 30
    rules.keepFailedDays = 7
    rules.keepDatasetsDays = 30
    let housekeeping = housekeeping(bench, rules)
    func left() async throws -> Set<RunID> {
      Set(try await bench.store.runs.list(limit: 9).map(\.id))
    }

    try await housekeeping.pass(at: Self.later(6))
    #expect(try await left() == [good, bad, kept, waiting.id])
    try await housekeeping.pass(at: Self.later(8))
    #expect(try await left() == [good, kept, waiting.id])
    try await housekeeping.pass(at: Self.later(31))
    #expect(try await left() == [kept, waiting.id])
    #expect(try await bench.store.runs.beingRemoved() == 0)
    #expect(housekeeping.figures.removed(for: .age) == 1)
    #expect(housekeeping.figures.removed(for: .failed) == 1)
    #expect(housekeeping.figures.swept == 2)
    #expect(try await bench.store.datasets.get(data) != nil, "runs still use it")

    _ = try bench.store.runs.move(
      waiting, to: .cancelled, reason: nil, events: { _ in [] }, committed: { _ in })
    try await bench.store.runs.delete(waiting.id)
    try await bench.store.runs.delete(kept)
    try await housekeeping.pass(at: Self.later(29))
    #expect(try await bench.store.datasets.get(data) != nil)
    try await housekeeping.pass(at: Self.later(31))
    #expect(try await bench.store.datasets.get(data) == nil)
    #expect(housekeeping.figures.datasets == 1)
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: bench.folder.appending(path: "datasets").path)
    #expect(folders == [])
  }

  @Test("a store that is too large loses its oldest runs, and no more than it must")
  func size() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    let kept = try await ended(bench, data, tags: "{\"keep\": \"\"}", weights: 2 << 20)
    var runs: [RunID] = []
    for _ in 0..<4 { runs.append(try await ended(bench, data, weights: 2 << 20)) }
    var rules = RetentionRules()
    // The kept one and two others, each of 2 MiB, and what a store holds besides.
    rules.maxStoreBytes = 7 << 20
    let housekeeping = housekeeping(bench, rules)
    try await housekeeping.pass(at: Self.later(0))
    #expect(try await bench.store.runs.list(limit: 9).map(\.id) == [runs[3], runs[2], kept])
    #expect(housekeeping.figures.removed(for: .size) == 2)
    #expect(try await bench.store.space().usedBytes <= 7 << 20)
  }

  @Test("a server goes on with what another left, and removes what is deleted while it runs")
  func server() async throws {
    let bench = try Bench()
    let data = try await bench.dataset()
    let runs = [try await ended(bench, data), try await ended(bench, data)]
    try await bench.store.runs.delete(runs[0])
    #expect(try await bench.store.runs.beingRemoved() == 1)
    try await bench.service.start()
    func swept(_ count: Int) async throws -> Bool {
      for _ in 0..<3_000 {
        if bench.service.housekeeping.figures.swept == count { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }
    #expect(try await swept(1))
    try await bench.service.delete(runs[1])
    #expect(try await bench.store.runs.get(runs[1]) == nil)
    #expect(try await swept(2))
    #expect(try await bench.store.runs.beingRemoved() == 0)
    await bench.stop()
  }
}
