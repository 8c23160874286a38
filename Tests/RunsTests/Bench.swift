import Datasets
import Digests
import Foundation
import JSON
import Store

@testable import Runs

/// A service over a store of its own, with a small dataset of two classes.
final class Bench {
  let folder: URL
  let store: Store
  let datasets: DatasetLibrary
  let service: RunService
  private let ownsFolder: Bool

  init(
    folder: URL? = nil,
    _ configuration: RunServiceConfiguration = RunServiceConfiguration(longestQueue: 100),
    executor: any RunExecutor = LocalExecutor()
  ) throws {
    ownsFolder = folder == nil
    self.folder =
      folder
      ?? FileManager.default.temporaryDirectory.appending(path: "runs-\(UUID().uuidString)")
    store = try Store(directory: self.folder)
    datasets = try DatasetLibrary(store: store, data: self.folder)
    service = try RunService(
      store: store, datasets: datasets, models: ModelLibrary(store: store),
      configuration: configuration, executor: executor)
  }

  /// A service over the folder of one that ended just now: its recorder's last look at its batch may still hold the store for
  /// a moment.
  static func reopened(_ folder: URL) async throws -> Bench {
    for _ in 0..<100 {
      if let bench = try? Bench(folder: folder) { return bench }
      try await Task.sleep(for: .milliseconds(50))
    }
    return try Bench(folder: folder)
  }

  deinit { if ownsFolder { try? FileManager.default.removeItem(at: folder) } }

  /// Two clouds of points, 200 in all.
  func dataset() async throws -> DatasetID {
    var text = "a,b,kind\n"
    var random = SystemRandomNumberGenerator()
    for index in 0..<200 {
      let side = index % 2 == 0 ? 1.0 : -1.0
      let (a, b) = (
        Double.random(in: -1...1, using: &random), Double.random(in: -1...1, using: &random)
      )
      text += "\(side + a),\(side - b),\(index % 2 == 0 ? "red" : "blue")\n"
    }
    let staged = try datasets.stage()
    let bytes = Array(text.utf8)
    try Data(bytes).write(to: staged.file(for: nil))
    let record = try await datasets.create(
      staged,
      parts: [
        StagedUpload.Part(name: nil, byteCount: bytes.count, digest: SHA256.digest(of: bytes))
      ], name: "clouds", options: try ImportOptions(query: [:]))
    return record.id
  }

  static func request(_ dataset: DatasetID, _ training: JSON = [:]) -> JSON {
    let base: JSON = [
      "model": [
        "input": ["shape": [2]],
        "layers": [
          ["type": "dense", "units": 8, "activation": "tanh"], ["type": "dropout", "rate": 0.1],
          ["type": "dense", "units": 2],
        ],
      ],
      "dataset": .string(dataset.rawValue),
      "training": [
        "epochs": 5, "batch_size": 16, "seed": 3, "loss": "cross_entropy", "optimizer": "adam",
        "metrics": ["accuracy"],
      ],
    ]
    return RunService.merged(base, ["training": training])
  }

  func wait(_ id: RunID, _ states: Set<RunState> = [.succeeded, .failed, .cancelled]) async throws
    -> RunRecord
  {
    for _ in 0..<3000 {
      if let run = try await store.runs.get(id), states.contains(run.state) { return run }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw RunError(.notFound, "run \(id) came to none of \(states)")
  }

  func events(_ id: RunID, after: Int64? = nil) async throws -> [RunEvent] {
    var events: [RunEvent] = []
    for try await event in service.events(of: id, after: after) { events.append(event) }
    return events
  }

  func losses(_ id: RunID) async throws -> [Double?] {
    try await store.history.points(
      id, series: "train_loss", after: 0, through: .max, limit: 100_000
    ).map(\.value)
  }

  func weights(_ id: RunID, _ checkpoint: String = "latest") async throws -> [UInt8] {
    let download = try await service.weights(id, checkpoint: checkpoint)
    return try await download.read(offset: 0, count: download.byteCount)
  }

  func stop() async { await service.drain(deadline: .now() + 20) }
}
