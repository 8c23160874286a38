import Foundation
import Store

/// A store in a folder of its own, which goes with it.
final class Scratch {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "chainrule-store-\(UUID().uuidString)")
  let store: Store

  init() throws { store = try Store(directory: folder) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func dataset(_ content: String = "c") async throws -> DatasetRecord {
    let record = DatasetRecord(
      name: "d", format: "csv", content: content, description: "{}", sizeBytes: 1, sha256: "00")
    try await store.datasets.insert(record)
    return record
  }

  func run(_ dataset: DatasetID, priority: Int = 0) async throws -> RunRecord {
    try await store.runs.insert(
      NewRun(
        name: nil, priority: priority, model: nil, datasets: .init(train: dataset), request: "{}",
        tags: "{}"))
  }

  /// A run that a lane has taken for the first time.
  func running() async throws -> RunRecord {
    guard let run = try store.runs.claim(try await run(dataset().id).id) else {
      throw StoreError(.notFound, "nothing to claim")
    }
    return run
  }

  func move(_ run: RunRecord, to state: RunState) throws -> RunRecord? {
    try store.runs.move(run, to: state, reason: nil, events: { _ in [] }, committed: { _ in })
  }

  static func steps(_ range: ClosedRange<Int>, loss: Double = 1) -> HistoryBatch {
    var batch = HistoryBatch()
    batch.steps = range.map { step in
      StepRecord(
        step: step, seconds: Double(step), loss: loss, learningRate: 0.1, gradientNorm: 2,
        gradients: [
          GradientSummary(norm: Float(step), largest: 0.5, mean: -0.25),
          GradientSummary(
            norm: 7, largest: .infinity, mean: .nan, counts: NonFiniteCounts(nan: 1, positive: 2)),
        ], clipped: [])
    }
    return batch
  }
}
