import Foundation
import JSON
import Store

/// `chainrule bench-store`: the size of histories, the time of questions about them, and how their removal holds others up.
enum BenchStore: Command {
  static let name = "bench-store"
  static let summary =
    "Fills a store with one long made-up history, and times questions about it and its removal."
  static let flags = FlagSet(command: name, fields: [steps, parameters])

  private static let steps = Field(
    "steps", .integer(5_000...100_000_000), default: 1_000_000, "Steps of the history.")
  private static let parameters = Field(
    "parameters", .integer(1...1_000), default: 50, "Parameters whose norms each step has.")
  private static let batch = 1_000
  private static let points = 1_000

  static func run(_ arguments: [String]) async throws {
    let (steps, parameters) = try flags.read(arguments) { reader in
      (reader.integer(Self.steps), reader.integer(Self.parameters))
    }
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "chainrule-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try Store(directory: folder)
    let dataset = DatasetRecord(
      name: "none", format: "csv", content: "none", description: "{}", sizeBytes: 1, sha256: "00")
    try await store.datasets.insert(dataset)
    let queued = try await store.runs.insert(
      NewRun(
        name: nil, priority: 0, model: nil, datasets: .init(train: dataset.id), request: "{}",
        tags: "{}"))
    guard let run = try store.runs.claim(queued.id) else { return }
    let clock = ContinuousClock()
    let filling = try clock.measure {
      try fill(store, run.id, steps: steps, parameters: parameters)
    }
    let file = folder.appending(path: "chainrule.sqlite").path
    let bytes =
      try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    let each = Double(bytes) / Double(steps * parameters)
    print("filled in \(filling), \(bytes) bytes, \(figure(each)) a parameter and step")
    try await ask(store, run.id, steps: steps, parameters: parameters, clock)
    try await remove(store, run, clock)
  }

  /// Norms as a training has them: falling, with noise of a fifth; weights that drift.
  private static func fill(
    _ store: Store, _ run: RunID, steps: Int, parameters: Int
  ) throws {
    var state: UInt64 = 20_261_126
    func noise() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    for start in stride(from: 1, through: steps, by: batch) {
      var history = HistoryBatch()
      if start == 1 {
        history.parameters = (0..<parameters).map {
          ParameterName(layer: "l\($0)", name: "l\($0).w")
        }
      }
      history.steps = (start..<min(start + batch, steps + 1)).map { step in
        let trend = 1 / (1 + Float(step) / 10_000).squareRoot()
        return StepRecord(
          step: step, seconds: Double(step) * 1e-3, loss: Double(trend * (1 + 0.2 * noise())),
          learningRate: 1e-3, gradientNorm: Double(trend),
          gradients: (0..<parameters).map { _ in
            let norm = trend * (1 + 0.2 * noise())
            return GradientSummary(
              norm: norm, largest: norm * (0.1 + 0.02 * noise()), mean: norm * 1e-3 * noise())
          }, clipped: [],
          updates: (0..<parameters).map { _ in
            UpdateSummary(
              weightNorm: 10 + Float(step) * 1e-5, updateNorm: 1e-2 * trend * (1 + 0.05 * noise()))
          })
      }
      try store.history.append(history, to: run, attempt: 1, committed: { _ in })
    }
  }

  private static func ask(
    _ store: Store, _ run: RunID, steps: Int, parameters: Int, _ clock: ContinuousClock
  ) async throws {
    let all = Array(0..<parameters)
    func time(_ what: String, _ body: () async throws -> Void) async throws {
      var times: [Duration] = []
      for _ in 0..<5 {
        let start = clock.now
        try await body()
        times.append(clock.now - start)
      }
      let sorted = times.sorted()
      print(
        "\(what): \(figure(sorted[2] / .milliseconds(1))) ms, at most \(figure(sorted[4] / .milliseconds(1)))"
      )
    }
    var length = steps
    while length >= 1_000 {
      let first = (steps - length) / 3 + 1
      let range = first...first + length - 1
      try await time("\(points) points of a window of \(length) steps: loss") {
        _ = try await store.history.thinnedPoints(
          run, series: "train_loss", within: range, limit: points)
      }
      for positions in [[0], all] {
        try await time("  gradients of \(positions.count) parameters") {
          _ = try await store.history.thinnedGradients(
            run, isClipped: false, positions: positions, within: range, limit: points)
        }
      }
      length /= 4
    }
    try await time("the newest gradients of all parameters") {
      _ = try await store.history.gradients(
        run, isClipped: false, positions: all, after: steps - 1, through: steps, limit: 1)
    }
  }

  private static func figure(_ value: Double) -> String { String(format: "%.2f", value) }
}
