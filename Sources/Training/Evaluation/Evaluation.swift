import Datasets
import Autodiff
import JSON
import Kernels
import NeuralNetworks

/// Measures a model's loss and metrics over a set of examples, batch by batch.
///
/// The plans are made once; each run reads the parameters as they are then.
public final class Evaluation {
  /// How many examples are evaluated; with stateful layers those that fill batches.
  public let examples: Int
  private let indices: ExampleSet?
  private let assembler: BatchAssembler
  private let programs: [InferenceProgram]
  private let objectives: [Objective]
  /// Whether the terms are reported each.
  private let isList: Bool
  private let total: ((Int) -> Double) -> Double
  private let answerRules: [AnswerRule?]
  /// One an objective.
  private let metrics: [ObjectiveMetrics]
  private let order: UnsafeMutableBufferPointer<Int>
  /// Whether labels are doubted that the model is sure are wrong.
  private let doubtsLabels: Bool
  private let ahead: ReadAhead?
  /// How stateful layers take the examples; `nil` without any.
  private let lanes: Lanes?

  /// Of the largest of its plans; they compute in one memory.
  public var plannedBytes: Int { programs.map(\.plannedBytes).max() ?? 0 }

  /// - Parameters:
  ///   - indices: which examples; all when `nil`.
  ///   - total: the sum that is made small, of the terms' losses.
  ///   - metrics: what is measured, each where it suits.
  /// - Throws: `TrainingError` when loss, model and examples don't go together.
  init(
    model: Model, parameters: ParameterStore, objectives: [Objective], isList: Bool,
    total: @escaping ((Int) -> Double) -> Double, source: any ExampleSource,
    indices: ExampleSet? = nil, batchSize: Int, metrics: [any Metric] = [Accuracy()],
    doubtsLabels: Bool = false, arena: SharedArena = SharedArena(),
    team: ThreadTeam
  ) throws(TrainingError) {
    self.doubtsLabels =
      doubtsLabels && objectives.count == 1 && LabelDoubts.canJudge(objectives[0])
    if let detail = source.faults(for: model, name: "the dataset").first {
      throw TrainingError(.mismatch, detail)
    }
    let given = indices?.count ?? source.examples
    let graph = (source as? GraphExamples)?.graph
    // A pass over a graph computes all of it, whatever is asked.
    let batch = max(1, graph == nil ? min(batchSize, given) : given)
    lanes = model.isStateful ? Lanes(examples: given, rows: batch) : nil
    examples = lanes.map { $0.batches * batch } ?? given
    self.indices = indices
    self.objectives = objectives
    self.isList = isList
    self.total = total
    let examples = self.examples
    let counts = objectives.map { objective in
      ObjectiveMetrics(
        metrics, of: objective, output: model.outputs[objective.output],
        for: .evaluation(answers: examples * objective.places))
    }
    self.metrics = counts
    assembler = try BatchAssembler(
      source: source, objectives: objectives, model: model, largestBatch: batch,
      keepsNumbers: counts.contains(where: \.wantsNumbers))
    answerRules = objectives.map { metrics.measureAccuracy ? AnswerRule($0) : nil }
    var programs: [InferenceProgram] = []
    for size in [batch, examples % batch] where size > 0 && size <= examples {
      programs.append(
        try InferenceProgram(
          model: model, objectives: objectives, batch: size, parameters: parameters, source: graph,
          arena: arena, team: team))
    }
    self.programs = programs
    order = .allocate(capacity: batch)
    ahead = ReadAhead(source)
  }

  /// Has the examples read of a batch that comes after the one that begins at a place.
  private func readAhead(of start: Int) {
    let next = start + ReadAhead.batches * order.count
    guard let ahead, next < examples, lanes == nil else { return }
    let (indices, end) = (indices, min(examples, next + order.count))
    ahead.want { (next..<end).map { indices?[$0] ?? $0 } }
  }

  deinit { order.deallocate() }

  /// Goes over all examples in their order, or that of lanes.
  ///
  /// Batches weigh in the loss what their own means were divided by, so that it is that of all examples as one
  /// batch, whatever the batch size. Losses that compare the examples of a batch with each other have none such:
  /// theirs is the mean over batches by their examples. Places that the loss ignores are no answers.
  ///
  /// - Parameter afterBatch: called after each batch; what it throws ends the evaluation.
  public func run(afterBatch: () throws -> Void = {}) rethrows -> EvaluationResult {
    for program in programs { program.resetStates() }
    let sums = TermCounts(count: objectives.count)
    for count in metrics { count.clear() }
    var doubts = doubtsLabels ? LabelDoubts() : nil
    var start = 0
    while start < examples {
      let count = min(order.count, examples - start)
      readAhead(of: start)
      guard let program = programs.first(where: { $0.batch == count }) else { break }
      for row in 0..<count {
        let example = lanes?.example(start + row) ?? start + row
        order[row] = indices?[example] ?? example
      }
      assembler.assemble(UnsafeBufferPointer(rebasing: order[..<count]), into: program.slots)
      program.run()
      for (index, objective) in objectives.enumerated() {
        sums.add(program.loss(index), weight: program.weight(index), to: index)
        let outputs = program.outputs[objective.output]
        let classes = assembler.classes(index)
        metrics[index].add(
          outputs: outputs, classes: classes, numbers: assembler.numbers(index), batch: count)
        if let classes {
          doubts?.add(
            outputs, width: objective.answerWidth, classes: classes,
            examples: UnsafeBufferPointer(rebasing: order[..<count]))
        }
        guard let rule = answerRules[index], let classes else { continue }
        sums.addAnswers(by: rule, outputs, classes, of: objective, batch: count, to: index)
      }
      start += count
      try afterBatch()
    }
    let terms = objectives.enumerated().map { index, objective in
      sums.result(
        of: index, name: objective.name, rule: answerRules[index], metrics: metrics[index])
    }
    var result = EvaluationResult(
      loss: total { terms[$0].loss }, accuracy: isList ? nil : terms[0].accuracy,
      examples: examples, terms: isList ? terms : [],
      metrics: isList ? [] : terms[0].metrics)
    result.labelDoubts = doubts
    result.details = objectives.indices.compactMap { index in
      metrics[index].details(term: isList ? objectives[index].name : "")
    }
    return result
  }
}

extension Evaluation {
  /// Evaluates weights on a set of examples.
  ///
  /// Several terms count by their weights alone, without a schedule's or a balance's factor.
  ///
  /// - Parameters:
  ///   - indices: which of the examples; all when `nil`.
  ///   - metrics: what is measured beside the loss, each where it suits.
  /// - Throws: `TrainingError` when weights, model, losses and examples don't go together.
  public static func result(
    model: Model, weights: Weights, losses: LossTerms, examples: any ExampleSource,
    indices: ExampleSet? = nil, metrics: [any Metric] = [Accuracy()], batchSize: Int = 256,
    threads: Int = 1
  ) throws(TrainingError) -> EvaluationResult {
    let parameters = try weights.parameters(of: model)
    var resolver = ObjectiveResolver(model: model, targets: examples.targets, pointer: "/loss")
    let objectives = resolver.objectives(losses)
    if let fault = resolver.faults.all.first { throw TrainingError(.mismatch, fault.detail) }
    let evaluation = try Evaluation(
      model: model, parameters: parameters, objectives: objectives, isList: losses.isList,
      total: { loss in
        objectives.indices.reduce(0) { $0 + objectives[$1].weight.value * loss($1) }
      }, source: examples, indices: indices, batchSize: batchSize, metrics: metrics,
      team: ThreadTeam(threads: threads))
    return evaluation.run {}
  }

  /// The same for one loss.
  public static func result(
    model: Model, weights: Weights, loss: any Loss, examples: any ExampleSource,
    indices: ExampleSet? = nil, metrics: [any Metric] = [Accuracy()], batchSize: Int = 256,
    threads: Int = 1
  ) throws(TrainingError) -> EvaluationResult {
    try result(
      model: model, weights: weights, losses: LossTerms(loss), examples: examples,
      indices: indices, metrics: metrics, batchSize: batchSize, threads: threads)
  }
}

extension Evaluation {
  /// Metrics that suit none of a model's objectives.
  ///
  /// - Parameter pointer: of the list of metrics.
  public static func faults(
    _ metrics: [any Metric], model: Model, losses: LossTerms, targets: [ExampleTarget],
    pointer: String
  ) -> Faults {
    var resolver = ObjectiveResolver(model: model, targets: targets, pointer: "/loss")
    let objectives = resolver.objectives(losses)
    var faults = Faults()
    metrics.addFaults(
      objectives.map { MetricTask($0, output: model.outputs[$0.output]) }, pointer, to: &faults)
    return faults
  }
}
