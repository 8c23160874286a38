import Tensors

/// One use of a primitive: its settings, the types of its inputs, and how inputs are chosen.
public struct PrimitiveCase: Sendable, CustomStringConvertible {
  /// Which numbers an input holds.
  public enum Numbers: Hashable, Sendable {
    /// Between -2 and 2, and none nearer to 0 than 0.05, where some functions have a kink.
    case signed
    /// From 0.5 to 2.
    case positive
    /// All different, at least 0.01 apart, in a random order.
    case distinct
    /// From 0 to 1.
    case probabilities
    /// Integers from 0 to one less than this.
    case classes(Int)
    /// Seed and step.
    case seedAndStep
    /// Probabilities of rows, from the last axis, that come out of softmax.
    case distribution
  }

  public struct Input: Hashable, Sendable {
    public let type: TensorType
    public let numbers: Numbers

    init(_ shape: Shape, _ numbers: Numbers = .signed) {
      self.numbers = numbers
      switch numbers {
      case .classes, .seedAndStep: type = TensorType(shape, .int32)
      default: type = TensorType(shape, .float64)
      }
    }
  }

  public let primitive: any Primitive
  public let inputs: [Input]
  /// The inputs whose derivatives are checked.
  public let checked: [Int]

  init(_ primitive: any Primitive, _ inputs: [Input], checked: [Int]? = nil) {
    self.primitive = primitive
    self.inputs = inputs
    self.checked =
      checked ?? inputs.indices.filter { inputs[$0].type.element.isFloatingPoint }
  }

  public var description: String {
    "\(primitive.name) of \(inputs.map { $0.type.shape.description }.joined(separator: ", "))"
  }
}

extension PrimitiveCase.Input {
  /// Contents that are a function of the seed.
  public func tensor(seed: UInt64) -> Tensor {
    var generator = Philox(seed: seed, purpose: "gradient check").generator()
    let count = type.shape.count
    func doubles(_ next: () -> Double) -> Tensor {
      Tensor((0..<count).map { _ in next() }, shape: type.shape)
    }
    switch numbers {
    case .signed:
      return doubles {
        let number = generator.uniform() * 3.9 - 1.95
        return number < 0 ? number - 0.05 : number + 0.05
      }
    case .positive: return doubles { 0.5 + 1.5 * generator.uniform() }
    case .probabilities: return doubles { generator.uniform() }
    case .distinct:
      let order = (0..<count).shuffled(using: &generator)
      return Tensor(order.map { Double($0) * 0.02 - Double(count) * 0.01 }, shape: type.shape)
    case .classes(let classes):
      return Tensor(
        (0..<count).map { _ in Int32(generator.next() % UInt64(classes)) }, shape: type.shape)
    case .seedAndStep: return Tensor([7, 0, Int32(count), 0], shape: type.shape)
    case .distribution:
      let width = type.shape.dimensions.last ?? 1
      var numbers = (0..<count).map { _ in 0.1 + generator.uniform() }
      for row in stride(from: 0, to: count, by: width) {
        let sum = numbers[row..<row + width].reduce(0, +)
        for column in row..<row + width { numbers[column] /= sum }
      }
      return Tensor(numbers, shape: type.shape)
    }
  }
}

extension PrimitiveCase {
  /// A graph whose loss is the output's elements, each times a number of its own, added up.
  public func graph(
    seed: UInt64
  ) throws(GraphError) -> (
    graph: Graph, loss: Value, inputs: [Value], contents: [Value: Tensor]
  ) {
    var graph = Graph(element: .float64)
    var values: [Value] = []
    var contents: [Value: Tensor] = [:]
    for (index, input) in inputs.enumerated() {
      let value = graph.input("input \(index)", input.type)
      values.append(value)
      contents[value] = input.tensor(seed: seed &+ UInt64(index))
    }
    let output = try graph.apply(primitive, values)
    let weights = Input(graph.shape(of: output)).tensor(seed: seed &+ 100)
    let weighted = try graph.multiply(output, graph.constant(weights))
    let loss = try graph.sum(weighted)
    return (graph, loss, values, contents)
  }
}
