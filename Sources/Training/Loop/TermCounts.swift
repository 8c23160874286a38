/// Sums over the examples of the epoch under way, for each objective.
///
/// In memory of its own, so that a step adds to it without an allocation.
final class TermCounts {
  private let sums: UnsafeMutablePointer<CheckpointState.TermSum>
  /// What `goBack` goes back to.
  private let marked: UnsafeMutablePointer<CheckpointState.TermSum>
  private let count: Int

  init(_ sums: [CheckpointState.TermSum] = [], count: Int) {
    self.count = count
    self.sums = .allocate(capacity: max(count, 1))
    self.sums.initialize(repeating: CheckpointState.TermSum(), count: max(count, 1))
    marked = .allocate(capacity: max(count, 1))
    marked.initialize(repeating: CheckpointState.TermSum(), count: max(count, 1))
    for (index, sum) in sums.prefix(count).enumerated() { self.sums[index] = sum }
  }

  deinit {
    sums.deallocate()
    marked.deallocate()
  }

  /// Remembers the sums as they are.
  func mark() { marked.update(from: sums, count: count) }

  /// Makes the sums what they were when they were marked.
  func goBack() { sums.update(from: marked, count: count) }

  /// Adds a batch's loss at one objective.
  ///
  /// - Parameter weight: what the batch weighs in the mean.
  func add(_ loss: Double, weight: Double, to index: Int) {
    sums[index].loss += loss * weight
    sums[index].weight += weight
  }

  /// Adds how many of a batch's answers at one objective are right.
  ///
  /// - Parameters:
  ///   - outputs: of the model's output that the objective is at.
  ///   - batch: how many examples.
  func addAnswers(
    by rule: AnswerRule, _ outputs: UnsafePointer<Float>, _ classes: UnsafePointer<Int32>,
    of objective: Objective, batch: Int, to index: Int
  ) {
    let counted = rule.count(
      outputs: outputs, classes: classes, rows: batch * objective.places,
      width: objective.answerWidth)
    sums[index].right += counted.right
    sums[index].answers += counted.answers
  }

  /// - Parameters:
  ///   - rule: by which answers were counted, if they were.
  ///   - metrics: what else was measured of them.
  func result(
    of index: Int, name: String, rule: AnswerRule?, metrics: ObjectiveMetrics
  ) -> TermResult {
    let sum = sums[index]
    return TermResult(
      name: name, loss: sum.weight == 0 ? 0 : sum.loss / sum.weight,
      accuracy: rule?.accuracy(right: sum.right, of: sum.answers), metrics: metrics.values)
  }

  var state: [CheckpointState.TermSum] { (0..<count).map { sums[$0] } }

  func clear() { sums.update(repeating: CheckpointState.TermSum(), count: max(count, 1)) }
}
