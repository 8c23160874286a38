import Foundation
import SQLite
import Testing

@testable import Store

/// What rules of retention ask of the store, and what it does for them in short transactions.
@Suite struct HousekeepingTests {
  private func finished(
    _ scratch: Scratch, _ dataset: DatasetID, tags: String = "{}"
  ) async throws -> RunRecord {
    let run = try await scratch.finishedRun(dataset, steps: 1...2)
    return try await scratch.store.runs.update(run.id, name: nil, tags: tags, priority: nil)
  }

  @Test("runs that are over come oldest first, page by page, with whether their tag keeps them")
  func ended() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.dataset()
    let tags = [
      "{}", "{\"keep\": \"yes\"}", "{\"keep\": \"false\"}", "{\"keep\": \"\"}", "no JSON",
    ]
    var ids: [RunID] = []
    for tags in tags { ids.append(try await finished(scratch, dataset.id, tags: tags).id) }
    _ = try await scratch.run(dataset.id)
    let all = try await scratch.store.runs.ended(before: .max, limit: 9)
    #expect(all.map(\.id) == ids)
    #expect(all.map(\.isKept) == [false, true, false, true, true])
    #expect(try await scratch.store.runs.ended(before: all[0].finishedAt, limit: 9).isEmpty)
    let rest = try await scratch.store.runs.ended(before: .max, after: all[1], limit: 2)
    #expect(rest.map(\.id) == [ids[2], ids[3]])
    #expect(try await scratch.store.runs.remove(ids) == [ids[0], ids[2]])
    #expect(try await scratch.store.runs.remove(ids).isEmpty)
  }

  @Test("a dataset is unused once no run has it, from when the last was removed")
  func unused() async throws {
    let scratch = try Scratch()
    let (used, never) = (try await scratch.dataset("a"), try await scratch.dataset("b"))
    let run = try await finished(scratch, used.id)
    let datasets = scratch.store.datasets
    #expect(try await datasets.unused(since: .max, limit: 9) == [never.id])
    #expect(try await datasets.unused(since: never.createdAt, limit: 9).isEmpty)
    try await scratch.store.write { connection in
      try connection.execute("UPDATE dataset SET created_at = 5")
    }
    try await scratch.store.runs.delete(run.id)
    #expect(try await datasets.unused(since: .max, limit: 9) == [used.id, never.id])
    // Made long ago, but used until now.
    #expect(try await datasets.unused(since: 1_000, limit: 9) == [never.id])
  }

  @Test("of the events of old runs their states and end stay")
  func events() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.dataset()
    let run = try #require(try scratch.store.runs.claim(try await scratch.run(dataset.id).id))
    var batch = HistoryBatch()
    batch.events = (1...Slice.rows + 100).map { NewEvent(kind: "step", data: "\($0)") }
    try scratch.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    let events = scratch.store.events
    #expect(try await events.dropSlice(endedBefore: .max) == (0, true))
    _ = try scratch.store.runs.move(
      run, to: .failed, reason: nil,
      events: { _ in [NewEvent(kind: "state", data: "{}"), NewEvent(kind: "end", data: "{}")] },
      committed: { _ in })
    #expect(try await events.dropSlice(endedBefore: .max) == (0, false))
    #expect(try await events.dropSlice(endedBefore: .max) == (1, true))
    #expect(try await events.dropSlice(endedBefore: .max) == (0, true))
    let left = try await events.read(run: run.id, after: 0, limit: 9)
    #expect(left.map(\.kind) == ["state", "end"])
  }

  @Test("thinning that is interrupted goes on where it stood")
  func thinning() async throws {
    let scratch = try Scratch()
    let run = try await scratch.running()
    var batch = Scratch.steps(1...6_000)
    // More than one transaction looks at, and no multiple of anything.
    let counts = ["a": 4_997, "b": 3, "c": 5_555]
    batch.histograms = counts.flatMap { layer, count in
      (1...count).map {
        StoredHistogram(quantity: "weight", layer: layer, parameter: nil, step: $0, data: [1])
      }
    }
    try scratch.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    _ = try scratch.move(try #require(try await scratch.store.runs.get(run.id)), to: .succeeded)
    let history = scratch.store.history
    try await history.beginThinning(run.id)
    var slices = 1
    while try await !history.thinSlice(endedBefore: nil).isDone { slices += 1 }
    #expect(slices >= 3)
    let left = try await scratch.store.read { connection in
      try connection.query("SELECT layer, step FROM histogram ORDER BY layer, step") { row in
        "\(row.text(0)) \(row.integer(1))"
      }
    }
    let expected = counts.sorted { $0.key < $1.key }.flatMap { layer, count in
      (1...count).filter { $0 % 10 == 1 || $0 == count }.map { "\(layer) \($0)" }
    }
    #expect(left == expected)
    #expect(try await history.thin(endedBefore: .max) == 0)
  }

  @Test("the disk gets pages back a few at a time, and what is stored stays")
  func givingBack() async throws {
    let scratch = try Scratch()
    let dataset = try await scratch.dataset()
    var runs: [RunRecord] = []
    for _ in 0..<3 { runs.append(try await scratch.finishedRun(dataset.id)) }
    for run in runs.dropLast() { try await scratch.store.runs.delete(run.id) }
    while try await !scratch.store.runs.sweep().isDone {}
    var space = try await scratch.store.space()
    #expect(space.freeBytes > 8 << 20 && space.excessPages > StoreSpace.pagesAtOnce)
    while space.excessPages > 0 {
      let next = try await scratch.store.giveBack(pages: space.excessPages)
      #expect((1...StoreSpace.pagesAtOnce).contains(space.pages - next.pages))
      guard next.pages < space.pages else { return }
      space = next
    }
    let weights = try #require(try await scratch.store.checkpoints.newest(runs[2].id))
    #expect(try await scratch.store.checkpoints.weights(weights).count > 4 << 20)
  }

  @Test("little that is free is left alone, and a reserve stays")
  func wastefulness() {
    func space(_ pages: Int, _ free: Int) -> StoreSpace {
      StoreSpace(pageBytes: 8_192, pages: pages, freePages: free)
    }
    #expect(!space(1_000, 900).isWasteful, "a small file")
    #expect(!space(100_000, 8_000).isWasteful, "62 MiB of 800")
    #expect(space(100_000, 8_200).isWasteful, "64 MiB")
    #expect(space(10_000, 2_100).isWasteful, "a fifth")
    #expect(space(100_000, 8_200).excessPages == 8_200 - 2_048)
    #expect(space(10_000, 2_100).excessPages == 2_100 - 500)
    #expect(space(10_000, 400).excessPages == 0)
  }
}
