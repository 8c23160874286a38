import Store
import Testing

/// Series of which every step has a value beside its own, packed in the step's row.
@Suite struct StepSeriesTests {
  @Test("further series of steps come back by their names, what isn't finite as nothing")
  func series() async throws {
    let scratch = try Scratch()
    let run = try await scratch.run(try await scratch.dataset().id)
    _ = try scratch.store.runs.claim(run.id)
    var batch = HistoryBatch()
    batch.series = ["train_loss.a", "loss_weight.a"]
    batch.steps = (1...4).map { step in
      StepRecord(
        step: step, seconds: Double(step), loss: 1, learningRate: 0.1, gradientNorm: nil,
        gradients: [], clipped: [], series: [step == 3 ? .nan : 1 / Double(step), 2])
    }
    let history = scratch.store.history
    try history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    let names = try await history.seriesNames(run.id)
    #expect(names == ["train_loss", "learning_rate", "train_loss.a", "loss_weight.a"])
    let points = try await history.points(
      run.id, series: "train_loss.a", after: 1, through: 4, limit: 2)
    #expect(points.map(\.step) == [2, 3])
    #expect(points.map(\.value) == [0.5, nil])
    let weights = try await history.points(
      run.id, series: "loss_weight.a", after: 0, through: 10, limit: 10)
    #expect(weights.map(\.value) == [2, 2, 2, 2])
    #expect(weights.map(\.seconds) == [1, 2, 3, 4])
    let unknown = try await history.points(
      run.id, series: "train_loss.b", after: 0, through: 10, limit: 10)
    #expect(unknown.isEmpty)
  }

  @Test("a page of any series is of its run alone, and ends where the run does")
  func pages() async throws {
    let scratch = try Scratch()
    let (first, second) = (try await scratch.running(), try await scratch.running())
    let history = scratch.store.history
    try history.append(Scratch.steps(1...5, loss: 1), to: first.id, attempt: 1) { _ in }
    try history.append(Scratch.steps(1...9, loss: 2), to: second.id, attempt: 1) { _ in }
    for series in ["train_loss", "learning_rate", "gradient_norm"] {
      func steps(after: Int, through: Int = .max) async throws -> [Int] {
        try await history.points(
          first.id, series: series, after: after, through: through, limit: 100
        ).map(\.step)
      }
      #expect(try await steps(after: 0) == [1, 2, 3, 4, 5], "\(series)")
      #expect(try await steps(after: 2, through: 4) == [3, 4], "\(series)")
      #expect(try await steps(after: 5).isEmpty, "\(series)")
      let thinned = try await history.thinnedPoints(
        first.id, series: series, within: 2...3, limit: 10)
      #expect(thinned?.map(\.step) == [2, 3], "\(series)")
    }
  }
}
