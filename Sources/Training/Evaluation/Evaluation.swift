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
  private let answerRule: AnswerRule?
  private let order: UnsafeMutableBufferPointer<Int>
  /// How stateful layers take the examples; `nil` without any.
  private let lanes: Lanes?

  public var plannedBytes: Int { programs.reduce(0) { $0 + $1.plannedBytes } }

  /// - Parameters:
  ///   - indices: which examples; all when `nil`.
  ///   - measuresAccuracy: whether right answers are counted, where the targets are classes.
  /// - Throws: `TrainingError` when loss, model and examples don't go together.
  init(
    model: Model, parameters: ParameterStore, objectives: [Objective], source: any ExampleSource,
    indices: [Int]? = nil, batchSize: Int, measuresAccuracy: Bool = true, team: ThreadTeam
  ) throws(TrainingError) {
    if let detail = source.faults(for: model, name: "the dataset").first {
      throw TrainingError(.mismatch, detail)
    }
    let given = indices?.count ?? source.examples
    let batch = max(1, min(batchSize, given))
    lanes = model.isStateful ? Lanes(examples: given, rows: batch) : nil
    examples = lanes.map { $0.batches * batch } ?? given
    self.indices = indices
    self.objectives = objectives
    assembler = try BatchAssembler(
      source: source, objectives: objectives, model: model, largestBatch: batch)
    answerRule = measuresAccuracy ? AnswerRule(objectives[0]) : nil
    var programs: [InferenceProgram] = []
    for size in [batch, examples % batch] where size > 0 && size <= examples {
      programs.append(
        try InferenceProgram(
          model: model, objectives: objectives, batch: size, parameters: parameters, team: team))
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
  public func run() -> EvaluationResult {
    for program in programs { program.resetStates() }
    var means = [WeightedMean](repeating: WeightedMean(), count: objectives.count)
    var right = 0
    var answers = 0
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
      program.add(to: &means)
      if let answerRule, let classes = assembler.classes(0) {
        let objective = objectives[0]
        let counted = answerRule.count(
          outputs: program.outputs[objective.output], classes: classes,
          rows: count * objective.places, width: objective.answerWidth)
        right += counted.right
        answers += counted.answers
      }
      start += count
    }
    return EvaluationResult(
      loss: means.reduce(0) { $0 + $1.mean },
      accuracy: answerRule?.accuracy(right: right, of: answers), examples: examples)
  }
}

extension Evaluation {
  /// Evaluates weights on a set of examples.
  ///
  /// - Throws: `TrainingError` when weights, model, loss and examples don't go together.
  public static func result(
    model: Model, weights: Weights, loss: any Loss, examples: any ExampleSource,
    batchSize: Int = 256, threads: Int = 1
  ) throws(TrainingError) -> EvaluationResult {
    let parameters = try weights.parameters(of: model)
    let objective: Objective
    do throws(ShapeFault) {
      objective = try Objective.only(loss, of: model, target: examples.targets[0])
    } catch {
      throw TrainingError(.mismatch, error.detail)
    }
    let evaluation = try Evaluation(
      model: model, parameters: parameters, objectives: [objective], source: examples,
      batchSize: batchSize, team: ThreadTeam(threads: threads))
    return evaluation.run()
  }
}
