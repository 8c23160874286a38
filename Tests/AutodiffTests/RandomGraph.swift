import Tensors

@testable import Autodiff

/// A graph of operations chosen at random, for properties that hold for all graphs.
struct RandomGraph {
  var graph: Graph
  var contents: [Value: Tensor] = [:]
  var outputs: [Value] = []

  init(seed: UInt64, element: ElementType = .float64) throws {
    var generator = Philox(seed: seed, purpose: "random graph").generator()
    func next(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    graph = Graph(element: element)
    let shapes: [Shape] = [[6, 4], [4], [4, 4], [6, 1], [6, 4]]
    var values: [Value] = []
    for (index, shape) in shapes.enumerated() {
      let value =
        index % 2 == 0
        ? graph.parameter("p\(index)", shape)
        : graph.input("i\(index)", TensorType(shape, element))
      values.append(value)
      contents[value] = RandomGraph.tensor(shape, element, &generator)
    }
    let parameters = values
    values.append(graph.constant(RandomGraph.tensor([6, 4], element, &generator)))
    for _ in 0..<(6 + next(30)) {
      let a = values[next(values.count)]
      let b = values[next(values.count)]
      if let value = try? RandomGraph.grow(&graph, next(11), a, b) { values.append(value) }
    }
    // A loss over several values, so that cotangents meet.
    var loss = try graph.mean(values[values.count - 1])
    for _ in 0..<3 {
      loss = try graph.add(loss, graph.mean(graph.activation(.tanh, values[next(values.count)])))
    }
    let gradients = try graph.gradients(of: loss, withRespectTo: parameters)
    outputs = [loss] + gradients
    for _ in 0..<next(4) { outputs.append(values[next(values.count)]) }
  }

  private static func grow(
    _ graph: inout Graph, _ choice: Int, _ a: Value, _ b: Value
  ) throws -> Value {
    let shape = graph.shape(of: a)
    switch choice {
    case 0: return try graph.add(a, b)
    case 1: return try graph.multiply(a, b)
    case 2: return try graph.subtract(a, b)
    case 3: return try graph.activation(.tanh, a)
    case 4: return try graph.activation(.relu, a)
    case 5: return try graph.activation(.swish, a)
    case 6: return try graph.matmul(a, b, transposeRight: true)
    case 7: return try graph.reshape(a, to: [shape.count])
    case 8: return try graph.sum(a, axes: [0], keepsAxes: true)
    case 9: return try graph.linear(a, weight: b)
    default: return try graph.softmax(a)
    }
  }

  private static func tensor(
    _ shape: Shape, _ element: ElementType, _ generator: inout Philox.Generator
  ) -> Tensor {
    let numbers = (0..<shape.count).map { _ in generator.uniform() * 2 - 1 }
    return element == .float64
      ? Tensor(numbers, shape: shape) : Tensor(numbers.map(Float.init), shape: shape)
  }
}
