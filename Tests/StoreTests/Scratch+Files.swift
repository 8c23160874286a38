import Digests
import Foundation
import SQLite
import Testing

@testable import Store

/// What tests of backups put into data folders, and find in them.
extension Scratch {
  /// A dataset whose files lie where its row says.
  @discardableResult
  func storedDataset(_ content: String, _ bytes: [UInt8]) async throws -> DatasetRecord {
    let place = folder.appending(path: "datasets/\(content)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data(bytes).write(to: place.appending(path: "content"))
    try Data(bytes.reversed()).write(to: place.appending(path: "inputs.bin"))
    let record = DatasetRecord(
      name: content, format: "csv", content: content, description: "{}", sizeBytes: bytes.count,
      sha256: SHA256.digest(of: bytes).hexadecimal)
    try await store.datasets.insert(record)
    return record
  }

  /// A run that has ended as the server ends one, with weights of several chunks.
  func finishedRun(_ dataset: DatasetID, steps: ClosedRange<Int> = 1...20) async throws -> RunRecord
  {
    let run = try #require(try store.runs.claim(try await run(dataset).id))
    var batch = Scratch.steps(steps)
    batch.parameters = ["weight", "bias"].map { ParameterName(layer: "l", name: $0) }
    batch.progress = RunRecord.Progress()
    batch.progress?.step = steps.upperBound
    batch.checkpoints = [
      NewCheckpoint(
        kind: "latest", step: steps.upperBound, epoch: 1, metric: nil,
        weights: FileContent(
          (0..<CheckpointRepository.chunkBytes + 999).map { UInt8(truncatingIfNeeded: $0) }),
        state: FileContent([1, 2, 3]), keep: 1)
    ]
    try store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    let ended = try store.runs.move(
      run, to: .succeeded, reason: .completed,
      events: { _ in [NewEvent(kind: "state", data: "{}"), NewEvent(kind: "end", data: "{}")] },
      committed: { _ in })
    return try #require(ended)
  }

  /// Every row of every table of a run, without the numbers that a store gives.
  func rows(of run: RunID) throws -> [String: [[SQLiteValue]]] {
    try store.readAndWait { connection in
      let number = try RunRepository.number(of: run, connection)
      var all: [String: [[SQLiteValue]]] = [:]
      for table in RunTable.all {
        let given = ["run", "id", "checkpoint", "part"].filter {
          $0 != "part" || table.name == "checkpoint_chunk"
        }
        var after: [SQLiteValue]?
        repeat {
          let page = try table.page(of: number, after: after, connection)
          all[table.name, default: []] += page.rows.map { row in
            zip(page.columns, row).filter { !given.contains($0.0) }.map(\.1)
          }
          after = page.next
        } while after != nil
      }
      return all
    }
  }
}
