import Testing

@testable import Store

/// Which evaluations stay.
@Suite struct EvaluationTests {
  private func evaluation(_ step: Int, best: Bool, part: String = "validation") -> StoredEvaluation
  {
    StoredEvaluation(part: part, term: "", step: step, isBest: best, data: "{\"step\":\(step)}")
  }

  @Test("of a batch the newest and the best of each part stay")
  func kept() {
    let all = [
      evaluation(1, best: true), evaluation(2, best: true), evaluation(3, best: false),
      evaluation(4, best: false), evaluation(4, best: false, part: "test"),
    ]
    #expect(StoredEvaluation.kept(all).map(\.step) == [2, 4, 4])
    #expect(
      StoredEvaluation.kept([evaluation(1, best: false), evaluation(2, best: true)]).map(\.step)
        == [2])
    #expect(StoredEvaluation.kept([]).isEmpty)
  }

  @Test("batch after batch a run has two rows of a part at most")
  func rows() async throws {
    let scratch = try Scratch()
    let run = try await scratch.running()
    func append(_ evaluations: StoredEvaluation...) throws {
      var batch = HistoryBatch()
      batch.evaluations = evaluations
      try scratch.store.history.append(batch, to: run.id, attempt: run.attempt) { _ in }
    }
    func steps(_ part: String = "validation") async throws -> [(Int, Bool)] {
      try await scratch.store.evaluations.list(run.id, part: part, term: "")
        .map { ($0.step, $0.isBest) }
    }
    try append(evaluation(10, best: true))
    try append(evaluation(20, best: false), evaluation(20, best: false, part: "test"))
    #expect(try await steps().map(\.0) == [20, 10])
    try append(evaluation(30, best: false))
    #expect(try await steps().map(\.0) == [30, 10])
    #expect(try await steps().map(\.1) == [false, true])
    try append(evaluation(40, best: true))
    #expect(try await steps().map(\.0) == [40])
    // A run that is trained again from step 25 comes to the same evaluations once more.
    try append(evaluation(30, best: false))
    #expect(try await steps().map(\.0) == [40, 30])
    try append(evaluation(40, best: true))
    #expect(try await steps().map(\.0) == [40])
    #expect(try await steps("test").map(\.0) == [20])
    #expect(try await scratch.store.evaluations.keys(run.id).map(\.part) == ["validation", "test"])
  }
}
