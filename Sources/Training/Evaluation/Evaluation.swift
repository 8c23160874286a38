import Autodiff
import Kernels
import NeuralNetworks

/// Measures a model's loss and accuracy over a set of examples, batch by batch.
///
/// The plans are made once; each run reads the parameters as they are then.
public final class Evaluation {
  /// How many examples are evaluated; with stateful layers those that fill batches.
  public let examples: Int
  private let indices: [Int]?
  private let assembler: BatchAssembler
  private let programs: [InferenceProgram]
  private let objectives: [Objective]
  /// Whether the terms are reported each.
  private let isList: Bool
  private let total: ((Int) -> Double) -> Double
  private let answerRules: [AnswerRule?]
  private let order: UnsafeMutableBufferPointer<Int>
  /// How stateful layers take the examples; `nil` without any.
  private let lanes: Lanes?

  /// Of the largest of its plans; they compute in one memory.
  public var plannedBytes: Int { programs.map(\.plannedBytes).max() ?? 0 }

  /// - Parameters:
  ///   - indices: which examples; all when `nil`.
  ///   - total: the sum that is made small, of the terms' losses.
  ///   - measuresAccuracy: whether right answers are counted, where the targets are classes.
  /// - Throws: `TrainingError` when loss, model and examples don't go together.
  init(
    model: Model, parameters: ParameterStore, objectives: [Objective], isList: Bool,
    total: @escaping ((Int) -> Double) -> Double, source: any ExampleSource,
    indices: [Int]? = nil, batchSize: Int, measuresAccuracy: Bool = true,
    arena: SharedArena = SharedArena(),
    team: ThreadTeam
  ) throws(TrainingError) {
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
    assembler = try BatchAssembler(
      source: source, objectives: objectives, model: model, largestBatch: batch)
    answerRules = objectives.map { measuresAccuracy ? AnswerRule($0) : nil }
    var programs: [InferenceProgram] = []
    for size in [batch, examples % batch] where size > 0 && size <= examples {
      programs.append(
        try InferenceProgram(
          model: model, objectives: objectives, batch: size, parameters: parameters, source: graph,
          arena: arena, team: team))
    }
    self.programs = programs
    order = .allocate(capacity: batch)
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
    var confusion = makeConfusion()
    var start = 0
    while start < examples {
      let count = min(order.count, examples - start)
      guard let program = programs.first(where: { $0.batch == count }) else { break }
      for row in 0..<count {
        let example = lanes?.example(start + row) ?? start + row
        order[row] = indices?[example] ?? example
      }
      assembler.assemble(UnsafeBufferPointer(rebasing: order[..<count]), into: program.slots)
      program.run()
      for (index, objective) in objectives.enumerated() {
        sums.add(program.loss(index), weight: program.weight(index), to: index)
        guard let rule = answerRules[index], let classes = assembler.classes(index) else {
          continue
        }
        sums.addAnswers(
          by: rule, program.outputs[objective.output], classes, of: objective, batch: count,
          to: index)
        confusion?.add(
          outputs: program.outputs[objective.output], classes: classes,
          rows: count * objective.places)
      }
      start += count
      try afterBatch()
    }
    let terms = objectives.enumerated().map { index, objective in
      sums.result(of: index, name: objective.name, rule: answerRules[index])
    }
    var result = EvaluationResult(
      loss: total { terms[$0].loss }, accuracy: isList ? nil : terms[0].accuracy,
      examples: examples, terms: isList ? terms : [])
    result.confusion = confusion
    return result
  }

  /// For one objective of a few classes, of which the largest output is the answer.
  private func makeConfusion() -> ConfusionMatrix? {
    guard objectives.count == 1, answerRules[0]?.choice == .largest,
      (2...ConfusionMatrix.mostClasses).contains(objectives[0].answerWidth)
    else { return nil }
    return ConfusionMatrix(classes: objectives[0].answerWidth)
  }
}

extension Evaluation {
  /// Evaluates weights on a set of examples.
  ///
  /// Several terms count by their weights alone, without a schedule's or a balance's factor.
  ///
  /// - Parameter indices: which of the examples; all when `nil`.
  /// - Throws: `TrainingError` when weights, model, losses and examples don't go together.
  public static func result(
    model: Model, weights: Weights, losses: LossTerms, examples: any ExampleSource,
    indices: [Int]? = nil, batchSize: Int = 256, threads: Int = 1
  ) throws(TrainingError) -> EvaluationResult {
    let parameters = try weights.parameters(of: model)
    var resolver = ObjectiveResolver(model: model, targets: examples.targets, pointer: "/loss")
    let objectives = resolver.objectives(losses)
    if let fault = resolver.faults.all.first { throw TrainingError(.mismatch, fault.detail) }
    let evaluation = try Evaluation(
      model: model, parameters: parameters, objectives: objectives, isList: losses.isList,
      total: { loss in
        objectives.indices.reduce(0) { $0 + objectives[$1].weight.value * loss($1) }
      }, source: examples, indices: indices, batchSize: batchSize,
      team: ThreadTeam(threads: threads))
    return evaluation.run {}
  }

  /// The same for one loss.
  public static func result(
    model: Model, weights: Weights, loss: any Loss, examples: any ExampleSource,
    indices: [Int]? = nil, batchSize: Int = 256, threads: Int = 1
  ) throws(TrainingError) -> EvaluationResult {
    try result(
      model: model, weights: weights, losses: LossTerms(loss), examples: examples,
      indices: indices, batchSize: batchSize, threads: threads)
  }
}
