import Autodiff
import Kernels
import NeuralNetworks

/// Measures a model's loss and accuracy over a set of examples, batch by batch.
///
/// The plans are made once; each run reads the parameters as they are then.
public final class Evaluation {
  /// How many examples are evaluated.
  public let examples: Int
  private let indices: [Int]?
  private let assembler: BatchAssembler
  private let programs: [InferenceProgram]
  private let answerRule: AnswerRule?
  /// Answers an example has, and outputs an answer has.
  private let places: Int
  private let answerWidth: Int
  private let order: UnsafeMutableBufferPointer<Int>

  public var plannedBytes: Int { programs.reduce(0) { $0 + $1.plannedBytes } }

  /// - Parameters:
  ///   - indices: which examples; all when `nil`.
  ///   - measuresAccuracy: whether right answers are counted, where the targets are classes.
  /// - Throws: `TrainingError` when loss, model and examples don't go together.
  init(
    model: Model, parameters: ParameterStore, loss: any Loss, source: any ExampleSource,
    indices: [Int]? = nil, batchSize: Int, measuresAccuracy: Bool = true, team: ThreadTeam
  ) throws(TrainingError) {
    let encoding: TargetEncoding
    do throws(ShapeFault) {
      encoding = try loss.encoding(output: model.outputShape, target: source.lossTarget)
    } catch {
      throw TrainingError(.mismatch, error.detail)
    }
    guard source.inputShape == model.inputShape else {
      throw TrainingError(
        .mismatch,
        "the model's input is \(model.inputShape), an example of the dataset is \(source.inputShape)"
      )
    }
    examples = indices?.count ?? source.examples
    self.indices = indices
    places = source.lossTarget.places
    answerWidth = model.outputShape.count / max(places, 1)
    let batch = max(1, min(batchSize, examples))
    assembler = BatchAssembler(
      source: source, encoding: encoding, model: model, largestBatch: batch)
    answerRule = measuresAccuracy ? AnswerRule(loss: loss, encoding: encoding) : nil
    var programs: [InferenceProgram] = []
    for size in [batch, examples % batch] where size > 0 && size <= examples {
      programs.append(
        try InferenceProgram(
          model: model, loss: (loss, encoding), batch: size, parameters: parameters, team: team))
    }
    self.programs = programs
    order = .allocate(capacity: batch)
  }

  deinit { order.deallocate() }

  /// Goes over all examples in their order.
  public func run() -> EvaluationResult {
    var loss = 0.0
    var right = 0
    var start = 0
    while start < examples {
      let count = min(order.count, examples - start)
      guard let program = programs.first(where: { $0.batch == count }) else { break }
      for row in 0..<count { order[row] = indices?[start + row] ?? (start + row) }
      if let targets = program.targets {
        assembler.assemble(
          UnsafeBufferPointer(rebasing: order[..<count]), inputs: program.inputs, targets: targets)
      }
      loss += program.run() * Double(count)
      if let answerRule, let classes = assembler.classes {
        right += answerRule.rightAnswers(
          outputs: program.outputs, classes: classes, rows: count * places, width: answerWidth)
      }
      start += count
    }
    let total = Double(max(examples, 1))
    return EvaluationResult(
      loss: loss / total,
      accuracy: answerRule == nil ? nil : Double(right) / (total * Double(places)),
      examples: examples)
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
    let evaluation = try Evaluation(
      model: model, parameters: parameters, loss: loss, source: examples, batchSize: batchSize,
      team: ThreadTeam(threads: threads))
    return evaluation.run()
  }
}
