import Foundation
import Testing

@testable import Store

/// Archives of runs whose history is being thinned.
@Suite struct ThinnedArchiveTests {
  /// A run of which a slice or two were thinned, and much isn't yet.
  private func runBeingThinned(_ home: Scratch) async throws -> RunRecord {
    let run = try #require(
      try home.store.runs.claim(try await home.run(home.dataset().id).id))
    var batch = Scratch.steps(1...6_000)
    batch.parameters = ["weight", "bias"].map { ParameterName(layer: "l", name: $0) }
    batch.progress = RunRecord.Progress()
    batch.progress?.step = 6_000
    batch.histograms = ["a", "b"].flatMap { layer in
      (1...2_345).map {
        StoredHistogram(quantity: "weight", layer: layer, parameter: nil, step: $0, data: [1])
      }
    }
    try home.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    let ended = try home.store.runs.move(
      run, to: .succeeded, reason: .completed, events: { _ in [NewEvent(kind: "end", data: "{}")] },
      committed: { _ in })
    try await home.store.history.beginThinning(run.id)
    _ = try await home.store.history.thinSlice(endedBefore: nil)
    return try #require(ended)
  }

  private func unpacked(_ run: RunID, _ home: Scratch, _ place: Place) throws -> ArchivedRun {
    let folder = place.url.appending(path: "unpacked", directoryHint: .isDirectory)
    try Disk.makeFolder(folder)
    let archive = try RunArchive.make(
      of: run, in: home.store, folder: place.url, holdsUploads: false, server: "1.0")
    return try ArchivedRun(unpacking: archive.file, into: folder, limit: 1 << 30)
  }

  @Test("a run that is being thinned goes on being thinned where it stood at home")
  func underWay() async throws {
    let (home, other, place) = (try Scratch(), try Scratch(), Place())
    let run = try await runBeingThinned(home)
    let before = try home.rows(of: run.id)
    #expect(before["thinning"]?.count == 1)
    let archived = try unpacked(run.id, home, place)
    _ = try await StagedRun(archived, into: other.store).commit(datasets: []) { _, _ in }
    #expect(try other.rows(of: run.id) == before)
    for scratch in [home, other] {
      while try await !scratch.store.history.thinSlice(endedBefore: nil).isDone {}
    }
    let after = try home.rows(of: run.id)
    #expect(after["histogram"]?.count == 2 * (235 + 1))
    #expect(try other.rows(of: run.id) == after)
  }

  @Test("an archive can't have a history thinned that readers still read whole")
  func unannounced() async throws {
    let (home, place) = (try Scratch(), Place())
    let run = try await runBeingThinned(home)
    try await home.store.write { try $0.execute("UPDATE run SET thinned_at = NULL") }
    #expect(
      throws: ArchiveError(
        "its table thinning must have a place within bounds, in a run that is thinned")
    ) {
      try unpacked(run.id, home, place)
    }
  }
}
