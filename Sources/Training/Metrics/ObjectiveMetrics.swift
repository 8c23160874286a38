import Foundation
import NeuralNetworks
import Tensors

/// Counts for the metrics of one objective, batch by batch, and answers what they come to.
///
/// All memory is there from the start: adding a batch allocates nothing.
final class ObjectiveMetrics {
  /// What it counts for.
  enum Use: Hashable {
    /// An epoch of training: no curves, and memory that doesn't grow with the examples.
    case training
    /// So many answers, with curves.
    case evaluation(answers: Int)
  }

  let task: MetricTask
  private let objective: Objective
  private let metrics: [any Metric]
  private let tallies: TallySet
  private let rule: AnswerRule?
  private let classTallies: [MetricTally]
  private let numberTally: NumberTally?
  private let link: ProbabilityRule?
  /// Whether a row's probabilities are asked for.
  private let wantsProbabilities: Bool
  /// One class's or one number's each.
  private let scratch: UnsafeMutableBufferPointer<Double>
  /// What `goBack` goes back to.
  private var marked: [UnsafeMutableBufferPointer<Double>] = []
  /// Of the output's last axis, over which a softmax goes.
  private let lastAxis: Int

  /// - Parameter metrics: those that don't suit the objective are left out.
  init(
    _ metrics: [any Metric], of objective: Objective, output: OutputSpec, for use: Use
  ) {
    let task = MetricTask(objective, output: output)
    self.task = task
    self.objective = objective
    self.metrics = metrics.filter { metric in
      metric.objection(to: task) == nil && (use != .training || metric.isNumber)
    }
    lastAxis = max(output.shape.dimensions.last ?? 1, 1)
    rule = AnswerRule(objective)
    link = objective.loss.probabilities
    var kinds: [TallyKind] = []
    for metric in self.metrics {
      // Accuracy is counted beside the loss; its confusion matrix is here.
      if use == .training, metric is Accuracy { continue }
      for kind in metric.tallies where !kinds.contains(kind) { kinds.append(kind) }
    }
    let classes = task.classes ?? 0
    tallies = TallySet(
      task,
      kinds.map { kind in
        let tally: MetricTally =
          switch kind {
          case .classes: ClassTally(classes: classes)
          case .top(let count): TopTally(count)
          case .likelihood: LikelihoodTally(classes: classes)
          case .calibration(let bins):
            CalibrationTally(bins: bins, classes: use == .training ? 0 : classes)
          case .scores:
            ScoreTally(
              classes: classes, isSingle: objective.answerWidth == 1,
              areProbabilities: task.hasProbabilities, rows: use.answers)
          case .numbers: NumberTally(width: objective.numberCount)
          }
        return (kind, tally)
      })
    classTallies = tallies.all.filter { $0.kind != .numbers }.map(\.tally)
    numberTally = tallies.numbers
    wantsProbabilities =
      task.hasProbabilities
      && kinds.contains { kind in
        switch kind {
        case .likelihood, .calibration, .scores: true
        default: false
        }
      }
    scratch = .allocate(capacity: max(classes, objective.numberCount, 1))
  }

  deinit {
    scratch.deallocate()
    for copy in marked { copy.deallocate() }
  }

  var isEmpty: Bool { tallies.all.isEmpty }
  /// Whether the targets' numbers must be there beside the outputs.
  var wantsNumbers: Bool { numberTally != nil }

  func clear() { for entry in tallies.all { entry.tally.clear() } }

  /// Takes in a batch.
  ///
  /// - Parameters:
  ///   - outputs: of the model's output that the objective is at.
  ///   - classes: one a place, where the targets are classes.
  ///   - numbers: of the targets, where they are numbers.
  func add(
    outputs: UnsafePointer<Float>, classes: UnsafePointer<Int32>?, numbers: UnsafePointer<Float>?,
    batch: Int
  ) {
    if let classes, !classTallies.isEmpty {
      addAnswers(outputs, classes, rows: batch * objective.places)
    }
    if let numbers, let tally = numberTally, let scratch = scratch.baseAddress {
      let width = objective.places * objective.answerWidth
      for row in 0..<batch {
        predict(outputs + row * width, into: scratch)
        tally.add(numbers + row * tally.width, predictions: scratch)
      }
    }
  }

  // MARK: - Classes

  private func addAnswers(
    _ outputs: UnsafePointer<Float>, _ classes: UnsafePointer<Int32>, rows: Int
  ) {
    guard let rule else { return }
    let width = objective.answerWidth
    for index in 0..<rows where classes[index] != rule.ignoredClass {
      let scores = outputs + index * width
      let sum = wantsProbabilities ? findProbabilities(scores, width: width) : 1
      let row = MetricRow(
        outputs: scores, width: width, target: Int(classes[index]),
        answer: rule.answer(scores, width: width),
        probabilities: wantsProbabilities ? UnsafePointer(scratch.baseAddress) : nil, sum: sum)
      // By index, since an iterator that isn't specialised allocates.
      for place in 0..<classTallies.count { classTallies[place].add(row) }
    }
  }

  /// Leaves a row's probabilities in `scratch`; answers what they add up to.
  private func findProbabilities(_ scores: UnsafePointer<Float>, width: Int) -> Double {
    if width == 1 {
      let yes = probability(scores[0])
      scratch[0] = 1 - yes
      scratch[1] = yes
      return 1
    }
    if link == .softmax {
      softmax(scores, width, into: scratch.baseAddress)
      return 1
    }
    var sum = 0.0
    for index in 0..<width {
      let value = probability(scores[index])
      scratch[index] = value
      sum += value
    }
    return sum
  }

  /// By the loss's sigmoid, if it has one.
  private func probability(_ output: Float) -> Double {
    link == .sigmoid ? 1 / (1 + exp(-Double(output))) : Double(output)
  }

  private func softmax(
    _ scores: UnsafePointer<Float>, _ width: Int, into result: UnsafeMutablePointer<Double>?
  ) {
    guard let result else { return }
    var largest = -Double.infinity
    for index in 0..<width { largest = max(largest, Double(scores[index])) }
    var sum = 0.0
    for index in 0..<width {
      let power = exp(Double(scores[index]) - largest)
      result[index] = power
      sum += power
    }
    for index in 0..<width { result[index] /= sum }
  }

  // MARK: - Numbers

  private func predict(_ outputs: UnsafePointer<Float>, into result: UnsafeMutablePointer<Double>) {
    let count = objective.numberCount
    switch objective.loss.pointPrediction {
    case .output where link == .softmax:
      for start in stride(from: 0, to: count, by: lastAxis) {
        softmax(outputs + start, lastAxis, into: result + start)
      }
    case .output:
      for index in 0..<count { result[index] = probability(outputs[index]) }
    case .exponential:
      for index in 0..<count { result[index] = exp(Double(outputs[index])) }
    case .one(let place, let parts):
      for index in 0..<count { result[index] = Double(outputs[index * parts + place]) }
    case .firstPart(let parts):
      let part = max(lastAxis / parts, 1)
      for index in 0..<count {
        result[index] = Double(outputs[index / part * lastAxis + index % part])
      }
    case .nothing:
      for index in 0..<count { result[index] = .nan }
    }
  }

  // MARK: - Results

  /// The values of those that are numbers, but for accuracy.
  var values: [MetricValue] {
    metrics.compactMap { metric in
      guard metric.isNumber, let value = metric.value(of: tallies) else { return nil }
      return MetricValue(metric.name, value)
    }
  }

  var confusion: ConfusionMatrix? { tallies.classes?.matrix }

  /// The curves and the matrix behind the values; `nil` where nothing of the kind was counted.
  func details(term: String) -> EvaluationDetails? {
    let count = task.classes ?? 0
    var details = EvaluationDetails(term: term, classes: count)
    if let counts = tallies.classes, let matrix = counts.matrix {
      details.confusion = matrix
      details.unanswered = (0..<count).map { Int(counts.support($0)) - matrix.total($0) }
    }
    if let scores = tallies.scores {
      details.areScoresExact = scores.isExact
      details.unordered = scores.unordered
      let most = EvaluationDetails.points(ofEachOf: count)
      details.ranked = (0..<count).compactMap { scores.ranking(of: $0)?.curve(of: $0, most: most) }
    }
    if let bins = tallies.finestCalibration {
      details.calibration = [bins.curve(of: nil)].compactMap(\.self)
      details.calibration += (0..<bins.classes).compactMap { bins.curve(of: $0) }
    }
    return details.isEmpty ? nil : details
  }

  // MARK: - State

  /// Remembers the counts as they are; allocates the first time.
  func mark() {
    if isEmpty { return }
    if marked.isEmpty {
      marked = tallies.all.map {
        let copy = UnsafeMutableBufferPointer<Double>.allocate(capacity: $0.tally.storage.count)
        copy.initialize(repeating: 0)
        return copy
      }
    }
    // By index, since an iterator that isn't specialised allocates.
    for index in marked.indices {
      let storage = tallies.all[index].tally.storage
      guard let copy = marked[index].baseAddress, let counts = storage.baseAddress else { continue }
      copy.update(from: counts, count: storage.count)
    }
  }

  /// Makes the counts what they were when they were marked.
  func goBack() {
    for (copy, entry) in zip(marked, tallies.all) {
      _ = entry.tally.storage.update(fromContentsOf: copy)
    }
  }

  private static func name(_ index: Int, _ kind: TallyKind) -> String { "\(index).\(kind.name)" }

  /// What was counted so far.
  ///
  /// - Parameter index: of the objective.
  func state(_ index: Int) -> [NamedTensor] {
    tallies.all.map { entry in
      NamedTensor(
        name: Self.name(index, entry.kind),
        tensor: Tensor(Array(entry.tally.storage), shape: [entry.tally.storage.count]))
    }
  }

  /// Takes back what `state` gave; counts of another shape are left, as those of a run whose metrics were others.
  func restore(_ tensors: [NamedTensor], _ index: Int) {
    for entry in tallies.all {
      guard let found = tensors.first(where: { $0.name == Self.name(index, entry.kind) })?.tensor,
        found.type.element == .float64, found.shape.count == entry.tally.storage.count
      else { continue }
      _ = entry.tally.storage.update(fromContentsOf: found.elements(of: Double.self))
    }
  }
}

extension ObjectiveMetrics.Use {
  /// How many answers there will be; `nil` when nobody knows.
  fileprivate var answers: Int? {
    if case .evaluation(let answers) = self { answers } else { nil }
  }
}
