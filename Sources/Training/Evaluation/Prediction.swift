import Autodiff
import Foundation
import Kernels
import NeuralNetworks
import Tensors

/// Answers a model's outputs for inputs, with the parts of the loss that make them readable.
public final class Prediction {
  private let model: Model
  private let parameters: ParameterStore
  private let loss: (any Loss)?
  private let team: ThreadTeam

  /// What came out for a number of examples.
  public struct Result: Sendable {
    /// `[N, …]`, as the model gives them.
    public let outputs: Tensor
    /// `[N, …]`: softmax or sigmoid of the outputs where the loss takes logits, else `nil`.
    public let probabilities: Tensor?
  }

  /// - Throws: `TrainingError.invalidWeights` when the weights aren't the model's.
  public init(
    model: Model, weights: Weights, loss: (any Loss)?, threads: Int = 1
  ) throws(TrainingError) {
    self.model = model
    self.loss = loss
    parameters = try weights.parameters(of: model)
    team = ThreadTeam(threads: threads)
  }

  /// - Parameter inputs: `[N, …inputShape]`, one example after the other.
  /// - Throws: `TrainingError.mismatch` when there's no whole number of examples.
  public func run(_ inputs: [Float], batchSize: Int = 256) throws(TrainingError) -> Result {
    let width = model.inputShape.count
    guard width > 0, inputs.count % width == 0 else {
      throw TrainingError(
        .mismatch, "\(inputs.count) numbers are no whole number of examples of \(model.inputShape)")
    }
    let examples = inputs.count / width
    let outputWidth = model.outputShape.count
    var outputs = [Float](repeating: 0, count: examples * outputWidth)
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
      let place = current.slots.inputs[0].assumingMemoryBound(to: Float.self)
      for index in 0..<count * width { place[index] = inputs[start * width + index] }
      if model.inputElement == .int32 {
        BatchAssembler.makeTokens(place, count: count * width)
      }
      current.run()
      for index in 0..<count * outputWidth {
        outputs[start * outputWidth + index] = current.outputs[0][index]
      }
      start += count
    }
    let shape = model.outputShape.prepending(examples)
    return Result(
      outputs: Tensor(outputs, shape: shape),
      probabilities: probabilities(outputs).map { Tensor($0, shape: shape) })
  }

  private func probabilities(_ outputs: [Float]) -> [Float]? {
    switch loss?.probabilities {
    case .softmax:
      let classes = model.outputShape.dimensions.last ?? 1
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
