import NeuralNetworks
import Tensors

/// Random examples that a model and a loss take, for want of data.
struct DrawnExamples {
  let model: Model
  let target: LossTarget

  init(model: Model, loss: any Loss) {
    self.model = model
    target = loss.fittingTarget(output: model.outputShape)
  }

  /// Draws `count` examples: inputs of N(0, 1), targets of [0, 1], which every loss of numbers takes.
  func examples(_ count: Int, seed: UInt64) -> MemoryExamples {
    let inputs = model.inputs.enumerated().map { index, input in
      let purpose = "gradient check inputs" + (index == 0 ? "" : " \(input.name)")
      let numbers = DrawnExamples.draw(
        input, count: count, from: Philox(seed: seed, purpose: purpose))
      return (name: input.name, numbers: numbers, shape: input.shape)
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
    return MemoryExamples(inputs: inputs, targets: [(ExampleTarget.onlyName, targets)])
  }

  private static func draw(_ input: InputSpec, count: Int, from philox: Philox) -> [Float] {
    var numbers = [Float](repeating: 0, count: count * input.shape.count)
    if let vocabulary = input.vocabulary {
      var tokens = philox.generator()
      for index in numbers.indices {
        numbers[index] = Float(Int.random(in: 0..<vocabulary, using: &tokens))
      }
    } else {
      numbers.withUnsafeMutableBufferPointer { numbers in
        Distribution.normal(mean: 0, standardDeviation: 1).fill(numbers, from: philox)
      }
    }
    return numbers
  }
}
