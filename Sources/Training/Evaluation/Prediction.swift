import Autodiff
import Foundation
import Kernels
import NeuralNetworks
import Tensors

/// Answers a model's outputs for inputs, with the parts of the losses that make them readable.
public final class Prediction {
  private let model: Model
  private let parameters: ParameterStore
  /// One a model's output.
  private let losses: [(any Loss)?]
  private let team: ThreadTeam

  /// What came out at one of the model's outputs for a number of examples.
  public struct Result: Sendable {
    /// `[N, …]`, as the model gives them.
    public let outputs: Tensor
    /// `[N, …]`: softmax or sigmoid of the outputs where the loss takes logits, else `nil`.
    public let probabilities: Tensor?
    /// Whether the largest output says the class, where the target is one.
    public let hasAnswers: Bool
  }

  /// - Parameter losses: with which each of the model's outputs was trained, if any.
  /// - Throws: `TrainingError.invalidWeights` when the weights aren't the model's.
  public init(
    model: Model, weights: Weights, losses: [(any Loss)?], threads: Int = 1
  ) throws(TrainingError) {
    self.model = model
    self.losses = losses
    parameters = try weights.parameters(of: model)
    team = ThreadTeam(threads: threads)
  }

  public convenience init(
    model: Model, weights: Weights, loss: (any Loss)?, threads: Int = 1
  ) throws(TrainingError) {
    try self.init(
      model: model, weights: weights, losses: model.outputs.map { _ in loss }, threads: threads)
  }

  /// The first output of a model with one input.
  public func run(_ inputs: [Float], batchSize: Int = 256) throws(TrainingError) -> Result {
    try run([inputs], batchSize: batchSize)[0]
  }

  /// - Parameter inputs: one a model's input, `[N, …]`, one example after the other.
  /// - Returns: one a model's output.
  /// - Throws: `TrainingError.mismatch` when there's no whole number of examples, or not the same for all.
  public func run(_ inputs: [[Float]], batchSize: Int = 256) throws(TrainingError) -> [Result] {
    let examples = try examples(inputs)
    var outputs = model.outputs.map { [Float](repeating: 0, count: examples * $0.shape.count) }
    var start = 0
    var program: InferenceProgram?
    while start < examples {
      let count = min(max(batchSize, 1), examples - start)
      let current: InferenceProgram
      if let program, program.batch == count {
        current = program
      } else {
        current = try InferenceProgram(
          model: model, objectives: [], batch: count, parameters: parameters, team: team)
        program = current
      }
      for (index, input) in model.inputs.enumerated() {
        let width = input.shape.count
        let place = current.slots.inputs[index].assumingMemoryBound(to: Float.self)
        for element in 0..<count * width { place[element] = inputs[index][start * width + element] }
        if input.element == .int32 { BatchAssembler.makeTokens(place, count: count * width) }
      }
      current.run()
      for (index, output) in model.outputs.enumerated() {
        let width = output.shape.count
        for element in 0..<count * width {
          outputs[index][start * width + element] = current.outputs[index][element]
        }
      }
      start += count
    }
    return model.outputs.indices.map { result(outputs[$0], of: $0, examples: examples) }
  }

  /// The outputs of some of a graph's vertices, or of its graphs: one result an output.
  public func run(
    _ examples: [Int], of source: GraphSource
  ) throws(TrainingError) -> [Result] {
    let program = try InferenceProgram(
      model: model, objectives: [], batch: examples.count, parameters: parameters, source: source,
      team: team)
    let place = program.slots.inputs[0].assumingMemoryBound(to: Int32.self)
    for (row, example) in examples.enumerated() { place[row] = Int32(truncatingIfNeeded: example) }
    program.run()
    return model.outputs.indices.map { index in
      let count = model.outputs[index].shape.count * examples.count
      return result(
        Array(UnsafeBufferPointer(start: program.outputs[index], count: count)), of: index,
        examples: examples.count)
    }
  }

  /// What came out at one of the model's outputs.
  private func result(_ numbers: [Float], of index: Int, examples: Int) -> Result {
    let shape = model.outputs[index].shape.prepending(examples)
    return Result(
      outputs: Tensor(numbers, shape: shape),
      probabilities: probabilities(numbers, of: index).map { Tensor($0, shape: shape) },
      hasAnswers: losses[index]?.hasAnswers ?? true)
  }

  private func examples(_ inputs: [[Float]]) throws(TrainingError) -> Int {
    guard inputs.count == model.inputs.count else {
      throw TrainingError(
        .mismatch, "\(inputs.count) arrays for the model's \(model.inputs.count) inputs")
    }
    var examples: Int?
    for (input, numbers) in zip(model.inputs, inputs) {
      let width = input.shape.count
      guard width > 0, numbers.count % width == 0,
        examples ?? (numbers.count / width) == numbers.count / width
      else {
        throw TrainingError(
          .mismatch,
          examples == nil
            ? "\(numbers.count) numbers are no whole number of examples of \(input.shape)"
            : "\(numbers.count) numbers are not \(examples ?? 0) examples of \(input.shape)")
      }
      examples = numbers.count / width
    }
    return examples ?? 0
  }

  private func probabilities(_ outputs: [Float], of index: Int) -> [Float]? {
    switch losses[index]?.probabilities {
    case .softmax:
      let classes = model.outputs[index].shape.dimensions.last ?? 1
      var result = outputs
      for start in stride(from: 0, to: outputs.count, by: max(classes, 1)) {
        let row = outputs[start..<start + classes].map(Double.init)
        let largest = row.max() ?? 0
        let powers = row.map { exp($0 - largest) }
        let sum = powers.reduce(0, +)
        for index in 0..<classes { result[start + index] = Float(powers[index] / sum) }
      }
      return result
    case .sigmoid:
      return outputs.map { Float(1 / (1 + exp(-Double($0)))) }
    case nil:
      return nil
    }
  }
}
