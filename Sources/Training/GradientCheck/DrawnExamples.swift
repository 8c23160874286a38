import NeuralNetworks
import Tensors

/// Random examples that a model and a loss take, for want of data.
struct DrawnExamples {
  let model: Model
  /// Numbers where the loss takes them, else as many classes as the output's last axis, at least two.
  let target: LossTarget

  init(model: Model, loss: any Loss) {
    self.model = model
    let numbers = LossTarget.vector(model.outputShape)
    let takesNumbers = (try? loss.encoding(output: model.outputShape, target: numbers)) != nil
    if takesNumbers {
      target = numbers
    } else {
      let places = Shape(Array(model.outputShape.dimensions.dropLast()))
      target = .classes(max(model.outputShape.dimensions.last ?? 2, 2), shape: places)
    }
  }

  /// Draws `count` examples: inputs of N(0, 1), targets of [0, 1], which every loss of numbers takes.
  func examples(_ count: Int, seed: UInt64) -> MemoryExamples {
    var inputs = [Float](repeating: 0, count: count * model.inputShape.count)
    if let vocabulary = model.inputVocabulary {
      var tokens = Philox(seed: seed, purpose: "gradient check inputs").generator()
      for index in inputs.indices {
        inputs[index] = Float(Int.random(in: 0..<vocabulary, using: &tokens))
      }
    } else {
      DrawnExamples.drawNumbers(&inputs, seed: seed)
    }
    var generator = Philox(seed: seed, purpose: "gradient check targets").generator()
    let targets: MemoryExamples.Targets
    switch target {
    case .vector(let shape):
      targets = .numbers(
        (0..<count * shape.count).map { _ in Float(generator.uniform()) }, shape: shape)
    case .classes(let classes, let shape):
      let range = 0..<Int32(clamping: classes)
      targets = .classes(
        (0..<count * shape.count).map { _ in Int32.random(in: range, using: &generator) },
        count: classes, shape: shape)
    }
    return MemoryExamples(inputs: inputs, shape: model.inputShape, targets: targets)
  }

  private static func drawNumbers(_ inputs: inout [Float], seed: UInt64) {
    inputs.withUnsafeMutableBufferPointer { inputs in
      Distribution.normal(mean: 0, standardDeviation: 1)
        .fill(inputs, from: Philox(seed: seed, purpose: "gradient check inputs"))
    }
  }
}
