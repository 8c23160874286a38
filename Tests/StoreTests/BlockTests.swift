import Foundation
import Testing

@testable import Store

/// Steps that have become blocks are read as if they were rows.
@Suite struct BlockTests {
  private static func norm(_ step: Int, _ parameter: Int) -> Float {
    let wave = sin(Double(step) * 0.37 + Double(parameter)) + 2
    // A spike in the middle of nowhere, and a gap.
    if step == 3_333, parameter == 1 { return 900 }
    if step == 1_500, parameter == 0 { return .infinity }
    return Float(wave / (1 + Double(step) / 1_000))
  }

  private static func record(_ step: Int) -> StepRecord {
    StepRecord(
      step: step, seconds: Double(step) / 7, loss: step == 2_000 ? .nan : 1 / Double(step),
      learningRate: 0.1, gradientNorm: Double(norm(step, 0)),
      gradients: (0..<3).map { parameter in
        GradientSummary(
          norm: norm(step, parameter), largest: 0.5 * norm(step, parameter),
          mean: -0.001 * Float(step % 10),
          counts: step == 1_500 && parameter == 0
            ? NonFiniteCounts(nan: 2, positive: 3, negative: 4) : .none)
      }, clipped: [],
      updates: (0..<3).map {
        UpdateSummary(weightNorm: 10 + Float($0), updateNorm: norm(step, $0) / 100)
      },
      series: [Double(step), 2])
  }

  private func store(_ steps: Int) async throws -> (Scratch, RunID) {
    let scratch = try Scratch()
    let run = try await scratch.running()
    for start in stride(from: 1, through: steps, by: 700) {
      var batch = HistoryBatch()
      if start == 1 {
        batch.parameters = ["a", "b", "c"].map { ParameterName(layer: $0, name: "\($0).weight") }
        batch.series = ["train_loss.x", "loss_weight.x"]
      }
      batch.steps = (start..<min(start + 700, steps + 1)).map(Self.record)
      try scratch.store.history.append(batch, to: run.id, attempt: 1, committed: { _ in })
    }
    return (scratch, run.id)
  }

  private func whole(_ history: RunHistory, _ run: RunID, _ series: String) async throws
    -> [PointRecord]
  {
    var points: [PointRecord] = []
    while true {
      let page = try await history.points(
        run, series: series, after: points.last?.step ?? 0, through: .max, limit: 500)
      if page.isEmpty { return points }
      points += page
    }
  }

  @Test("every point comes back, across rows and blocks, in pages")
  func pages() async throws {
    let (scratch, run) = try await store(10_000)
    let history = scratch.store.history
    let losses = try await whole(history, run, "train_loss")
    #expect(losses.map(\.step) == Array(1...10_000))
    let steps: [Double] = (1...10_000).map { Double($0) }
    let expected: [Double?] = steps.map { $0 == 2_000 ? nil : 1 / $0 }
    let seconds: [Double] = steps.map { $0 / 7 }
    #expect(losses.map(\.value) == expected)
    #expect(losses.map(\.seconds) == seconds)
    let own = try await whole(history, run, "train_loss.x")
    #expect(own.compactMap(\.value) == steps)
    var rows: [(step: Int, entries: [GradientSummary?])] = []
    while true {
      let page = try await history.gradients(
        run, isClipped: false, positions: [0, 2], after: rows.last?.step ?? 0, through: .max,
        limit: 300)
      if page.isEmpty { break }
      rows += page
    }
    #expect(rows.map(\.step) == Array(1...10_000))
    for row in rows {
      let expected = Self.record(row.step).gradients
      #expect(row.entries == [expected[0], expected[2]])
    }
    #expect(rows[1_499].entries[0]?.counts == NonFiniteCounts(nan: 2, positive: 3, negative: 4))
    let updates = try await history.updates(
      run, positions: [1], after: 1_000, through: 1_003, limit: 10)
    #expect(updates.map(\.step) == [1_001, 1_002, 1_003])
    #expect(updates.first?.entries == [Self.record(1_001).updates[1]])
    #expect(try await history.stepCount(run, from: 10, through: 9_999) == 9_990)
    let names = try await history.seriesNames(run)
    #expect(names.prefix(3) == ["train_loss", "learning_rate", "gradient_norm"])
  }

  @Test("norms of steps whose parameters weren't measured go into blocks too")
  func unmeasured() async throws {
    let scratch = try Scratch()
    let run = try await scratch.running().id
    var batch = HistoryBatch()
    batch.steps = (1...9_000).map { step in
      StepRecord(
        step: step, seconds: Double(step), loss: 1, learningRate: 0.1, gradientNorm: Double(step),
        gradients: [], clipped: [])
    }
    try scratch.store.history.append(batch, to: run, attempt: 1, committed: { _ in })
    let norms = try await whole(scratch.store.history, run, "gradient_norm")
    #expect(norms.map(\.value) == (1...9_000).map { Double($0) })
  }

  @Test(
    "thinned points hold the extremes of any window",
    arguments: [1...10_000, 1_200...9_700, 4_000...4_900, 40...45, 9_990...10_000],
    [10, 100, 1_000])
  func thinned(range: ClosedRange<Int>, limit: Int) async throws {
    let (scratch, run) = try await store(10_000)
    let found = try await scratch.store.history.thinnedGradients(
      run, isClipped: false, positions: [0, 1], within: range, limit: limit)
    for (parameter, points) in found.enumerated() {
      #expect(points.count <= limit)
      #expect(points.count >= min(range.count, limit) / 4)
      #expect(points.map(\.step) == points.map(\.step).sorted())
      #expect(points.allSatisfy { range.contains($0.step) })
      // Each is a point that there is, whole.
      for point in points { #expect(point.entry == Self.record(point.step).gradients[parameter]) }
      let all = range.map { Self.norm($0, parameter) }
      let norms = points.map(\.entry.norm)
      #expect(norms.max() == all.max()?.roundedForHistory)
      #expect(norms.min() == all.min()?.roundedForHistory)
    }
  }

  @Test("a run that is trained again leaves blocks as they are and goes on behind them")
  func repeated() async throws {
    let (scratch, run) = try await store(10_000)
    var batch = HistoryBatch()
    batch.steps = (900...10_300).map(Self.record)
    try scratch.store.history.append(batch, to: run, attempt: 1, committed: { _ in })
    #expect(
      try await whole(scratch.store.history, run, "train_loss").map(\.step) == Array(1...10_300))
  }

  @Test("a thinned run keeps the extremes of every 32 steps and every tenth histogram")
  func thinning() async throws {
    let (scratch, run) = try await store(10_000)
    let history = scratch.store.history
    var batch = HistoryBatch()
    batch.histograms = (1...35).map {
      StoredHistogram(
        quantity: "weight", layer: "a", parameter: "a.weight", step: 50 * $0, data: [1])
    }
    try history.append(batch, to: run, attempt: 1, committed: { _ in })
    let before = try await history.thinnedGradients(
      run, isClipped: false, positions: [1], within: 1...10_000, limit: 100)
    let running = try #require(try await scratch.store.runs.get(run))
    _ = try scratch.move(running, to: .succeeded)
    #expect(try await history.thin(endedBefore: Store.now() + 1_000) == 1)
    #expect(try await history.thin(endedBefore: Store.now() + 1_000) == 0)
    let after = try await history.thinnedGradients(
      run, isClipped: false, positions: [1], within: 1...10_000, limit: 100)
    #expect(after[0].map(\.step) == before[0].map(\.step))
    let losses = try await whole(history, run, "train_loss")
    // Two of every 32 of the 8,192 steps in blocks, and the rest that are rows.
    let kept = 8_192 / 16 + 10_000 - 8_192
    #expect(losses.count == kept)
    let histograms = try await history.histograms(
      run, quantity: "weight", layer: "a", parameter: "a.weight", after: 0, through: .max, limit: 99
    )
    #expect(histograms.map(\.step) == [50, 550, 1_050, 1_550, 1_750])
  }

  @Test("a damaged block whose step fits no integer is told of, not fallen over")
  func hugeStep() {
    // One point; its step in eight constant planes is 2^63 - 1, which as a float is 2^63; two columns of zeros.
    var bytes: [UInt8] = [1, 0, 0, 0, 8, 0, 0, 0xFE]
    for _ in 0..<7 { bytes += [0, 0xFF] }
    #expect(throws: StoreError.self) { _ = try Track(encoded: bytes + [0, 0, 0, 0], .loss) }
  }

  @Test("a stream is found by its number, and none by another")
  func numbers() {
    let streams: [HistoryStream] = [
      .loss, .learningRate, .gradientNorm, .series(0), .series(7), .gradient(3), .clipped(0),
      .update(1 << 20),
    ]
    for stream in streams { #expect(HistoryStream(number: stream.number) == stream) }
    for number in [3, -1, 5 << 32, .max] { #expect(HistoryStream(number: number) == nil) }
  }
}
