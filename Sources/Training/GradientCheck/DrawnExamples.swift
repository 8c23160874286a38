import NeuralNetworks
import Tensors

/// Random examples that a model and a loss take, for want of data.
struct DrawnExamples {
  let model: Model
  /// One a term, by the name of the target or output that it says; numbers where the loss takes them, else
  /// as many classes as the output's last axis, at least two.
  let targets: [ExampleTarget]

  init(model: Model, losses: LossTerms) {
    self.model = model
    var targets: [ExampleTarget] = []
    for term in losses.terms {
      let output = model.outputs.first { $0.name == term.output } ?? model.outputs[0]
      let name =
        losses.isList ? term.target ?? term.output ?? output.name : ExampleTarget.onlyName
      if targets.contains(where: { $0.name == name }) { continue }
      targets.append(
        ExampleTarget(name: name, term.loss.fittingTarget(output: output.shape)))
    }
    self.targets = targets
  }

  /// Draws `count` examples: inputs of N(0, 1), targets of [0, 1], which every loss of numbers takes.
  func examples(_ count: Int, seed: UInt64) -> MemoryExamples {
    let inputs = model.inputs.enumerated().map { index, input in
      let purpose = "gradient check inputs" + (index == 0 ? "" : " \(input.name)")
      let numbers = DrawnExamples.draw(
        input, categories: model.categories(ofInput: index), count: count,
        from: Philox(seed: seed, purpose: purpose))
      return (name: input.name, numbers: numbers, shape: input.shape)
    }
    var generator = Philox(seed: seed, purpose: "gradient check targets").generator()
    let targets = targets.map { target in
      let values: MemoryExamples.Targets
      switch target.target {
      case .vector(let shape):
        values = .numbers(
          (0..<count * shape.count).map { _ in Float(generator.uniform()) }, shape: shape)
      case .classes(let classes, let shape):
        let range = 0..<Int32(clamping: classes)
        values = .classes(
          (0..<count * shape.count).map { _ in Int32.random(in: range, using: &generator) },
          count: classes, shape: shape)
      }
      return (name: target.name, values: values)
    }
    return MemoryExamples(inputs: inputs, targets: targets)
  }

  private static func draw(
    _ input: InputSpec, categories: [ColumnEmbedding.Column], count: Int, from philox: Philox
  ) -> [Float] {
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
      var values = philox.generator(stream: 1)
      let width = input.shape.dimensions.last ?? 1
      for column in categories {
        for place in stride(from: column.place, to: numbers.count, by: width) {
          numbers[place] = Float(Int.random(in: 0..<column.values, using: &values))
        }
      }
    }
    return numbers
  }
}
