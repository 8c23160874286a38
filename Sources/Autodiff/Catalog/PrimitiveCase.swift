import Tensors

/// One use of an operation: its settings, the types of its inputs, how inputs are chosen, and what PyTorch
/// calls the same.
public struct PrimitiveCase: Sendable, CustomStringConvertible {
  /// Which numbers an input holds.
  public enum Numbers: Hashable, Sendable {
    /// Between -2 and 2, and none nearer to 0 than 0.05, where some functions have a kink.
    case signed
    /// From 0.5 to 2.
    case positive
    /// All different, at least 0.01 apart, in a random order.
    case distinct
    /// Between -0.9 and 0.9, and none nearer to 0 than 0.05.
    case fractions
    /// From 1.1 to 3.
    case aboveOne
    /// From 0 to 1.
    case probabilities
    /// 0 or 1, as floating-point numbers.
    case mask
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

  public let inputs: [Input]
  /// The inputs whose derivatives are checked.
  public let checked: [Int]
  /// An expression of PyTorch that has the same value; inputs are `a`, `b`, `c` and so on, in order.
  ///
  /// The script that writes the fixtures evaluates it in float64.
  public let torch: String?
  private let name: String
  private let build: @Sendable (inout Graph, [Value]) throws(GraphError) -> Value

  init(
    _ primitive: any Primitive, _ inputs: [Input], checked: [Int]? = nil, torch: String? = nil
  ) {
    self.init(primitive.name, inputs, checked: checked, torch: torch) {
      (graph: inout Graph, values: [Value]) throws(GraphError) -> Value in
      try graph.apply(primitive, values)
    }
  }

  init(
    _ name: String, _ inputs: [Input], checked: [Int]? = nil, torch: String? = nil,
    build: @escaping @Sendable (inout Graph, [Value]) throws(GraphError) -> Value
  ) {
    self.name = name
    self.inputs = inputs
    self.checked =
      checked
      ?? inputs.indices.filter {
        inputs[$0].type.element.isFloatingPoint && inputs[$0].numbers != .mask
      }
    self.torch = torch
    self.build = build
  }

  public var description: String {
    "\(name) of \(inputs.map { $0.type.shape.description }.joined(separator: ", "))"
      + (torch.map { ", which is \($0)" } ?? "")
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
    case .fractions:
      return doubles {
        let number = generator.uniform() * 1.7 - 0.85
        return number < 0 ? number - 0.05 : number + 0.05
      }
    case .positive: return doubles { 0.5 + 1.5 * generator.uniform() }
    case .aboveOne: return doubles { 1.1 + 1.9 * generator.uniform() }
    case .mask: return doubles { generator.uniform() < 0.5 ? 0 : 1 }
    case .probabilities: return doubles { generator.uniform() }
    case .distinct:
      let order = (0..<count).shuffled(using: &generator)
      return Tensor(
        order.map { Double($0) * 0.02 - Double(count) * 0.01 + 0.005 }, shape: type.shape)
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

/// A case as a graph, whose loss is the output's elements, each times a number of its own, added up.
public struct PrimitiveCaseGraph: Sendable {
  public var graph: Graph
  public let inputs: [Value]
  public let output: Value
  public let loss: Value
  /// What the inputs hold.
  public let contents: [Value: Tensor]
}

extension PrimitiveCase {
  /// Builds the case.
  ///
  /// - Parameter element: of the floating-point inputs; their contents are rounded to it.
  public func graph(
    seed: UInt64, element: ElementType = .float64
  ) throws(GraphError) -> PrimitiveCaseGraph {
    var graph = Graph(element: element)
    var values: [Value] = []
    var contents: [Value: Tensor] = [:]
    for (index, input) in inputs.enumerated() {
      let tensor = input.tensor(seed: seed &+ UInt64(index)).rounded(to: element)
      let value = graph.input("input \(index)", tensor.type)
      values.append(value)
      contents[value] = tensor
    }
    let output = try build(&graph, values)
    let loss = try graph.weightedSum(output, seed: seed)
    return PrimitiveCaseGraph(
      graph: graph, inputs: values, output: output, loss: loss, contents: contents)
  }

  /// The numbers by which a case's output is weighted.
  public static func weights(_ shape: Shape, seed: UInt64) -> Tensor {
    Input(shape).tensor(seed: seed &+ 100)
  }
}

extension Graph {
  fileprivate mutating func weightedSum(_ output: Value, seed: UInt64) throws(GraphError) -> Value {
    // Integers have no derivative; their loss is one that depends on nothing.
    guard type(of: output).element.isFloatingPoint else { return scalar(1) }
    let weights = PrimitiveCase.weights(shape(of: output), seed: seed).rounded(to: element)
    return try sum(multiply(output, constant(weights)))
  }
}

extension Tensor {
  /// The same numbers in another floating-point type; integers stay.
  fileprivate func rounded(to element: ElementType) -> Tensor {
    guard type.element == .float64, element == .float32 else { return self }
    return withUnsafeBytes { bytes in
      Tensor(bytes.bindMemory(to: Double.self).map { Float($0) }, shape: type.shape)
    }
  }
}
