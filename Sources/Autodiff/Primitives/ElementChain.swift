import Kernels
import Tensors

/// Several element primitives in one: what a plan joins, and what `Graph.chain` is given.
///
/// Nothing between is kept for the derivative, which is a chain too: it computes again what it needs from the
/// inputs, as hand-written kernels of activations do.
struct ElementChain: ElementPrimitive {
  let program: ElementProgram
  let name: String

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let inputs = context.inputs
    let needed = inputs.indices.filter { context.isNeeded($0) }
    // Numbers in place of tensors: a program doesn't know shapes.
    var small = Graph(element: context.graph.element)
    let number = TensorType([], small.element)
    let cotangent = small.input("cotangent", number)
    let places = inputs.indices.map { small.input("\($0)", number) }
    let output = try replay(in: &small, on: places)
    let found = try small.reverse(
      from: output, seed: cotangent, to: needed.map { places[$0] }, downTo: 0)
    var parts = [Value?](repeating: nil, count: inputs.count)
    for (index, part) in zip(needed, found) {
      guard let part else { continue }
      guard
        let chained = try context.graph.chained(
          ElementChain.gradientName(name), part, of: [cotangent] + places, in: small,
          on: [context.cotangent] + inputs)
      else { return try unchained(&context, needed) }
      parts[index] = chained
    }
    return parts
  }

  private static func gradientName(_ name: String) -> String {
    name.hasSuffix("_gradient") ? name : name + "_gradient"
  }

  /// The same by one operation for each instruction, where a derivative is too long for a program.
  private func unchained(
    _ context: inout DerivativeContext, _ needed: [Int]
  ) throws(GraphError) -> [Value?] {
    let output = try replay(in: &context.graph, on: context.inputs)
    let targets = needed.map { context.inputs[$0] }
    let found = try context.graph.reverse(
      from: output, seed: context.cotangent, to: targets,
      downTo: targets.map(\.index).min() ?? output.index)
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    for (index, part) in zip(needed, found) { parts[index] = part }
    return parts
  }

  /// Adds the program to a graph, an operation for each instruction.
  private func replay(in graph: inout Graph, on inputs: [Value]) throws(GraphError) -> Value {
    var slots = inputs
    for instruction in program.instructions {
      if case .unary(.constant(let number)) = instruction.operation {
        slots.append(graph.scalar(number))
        continue
      }
      guard let primitive = instruction.operation.primitive else {
        throw GraphError(
          .notDifferentiable, "\(instruction.operation) has no derivative", operation: name)
      }
      slots.append(try graph.apply(primitive, instruction.operands.map { slots[$0] }))
    }
    return slots[slots.count - 1]
  }
}

extension ElementProgram.Operation {
  /// The primitive whose program is this operation.
  fileprivate var primitive: (any ElementPrimitive)? {
    switch self {
    case .unary(let function): function.primitive
    case .slope(let function): function.activation.map { ActivationGradient(kind: $0) }
    case .binary(let operation):
      Arithmetic.Operation.allCases.first { $0.kernel == operation }
        .map { Arithmetic(operation: $0) }
    case .select: Select()
    }
  }
}

extension Kernels.Function {
  fileprivate var primitive: (any ElementPrimitive)? {
    switch self {
    case .scale(let number): return ConstantArithmetic(operation: .scale(number))
    case .offset(let number): return ConstantArithmetic(operation: .offset(number))
    case .atLeast(let number): return ConstantArithmetic(operation: .clip(number, .infinity))
    case .atMost(let number): return ConstantArithmetic(operation: .clip(-.infinity, number))
    default:
      if let kind = activation { return ActivationFunction(kind: kind) }
      return Elementwise.Function.allCases.first { $0.kernel == self }
        .map { Elementwise(function: $0) }
    }
  }

  fileprivate var activation: ActivationKind? {
    switch self {
    case .copy: .identity
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .leakyRelu(let slope): .leakyRelu(slope)
    case .elu(let alpha): .elu(alpha)
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .swish: .swish
    default: nil
    }
  }
}

extension Graph {
  /// What `body` makes of elements of the same place, as one operation that keeps nothing but its inputs
  /// for the derivative; broadcast.
  ///
  /// What is too long for one is added operation by operation.
  ///
  /// - Parameter name: as plans have it, in snake case.
  public mutating func chain(
    _ name: String, _ inputs: [Value],
    _ body: (inout Graph, [Value]) throws(GraphError) -> Value
  ) throws(GraphError) -> Value {
    var small = Graph(element: element)
    small.scope = scope
    let places = inputs.indices.map { small.input("\($0)", TensorType([], element)) }
    let output = try body(&small, places)
    if let chained = try chained(name, output, of: places, in: small, on: inputs) {
      return chained
    }
    return try body(&self, inputs)
  }

  /// A value of a graph of numbers, as one operation on tensors in place of that graph's inputs.
  ///
  /// - Returns: `nil` when it is no program.
  mutating func chained(
    _ name: String, _ output: Value, of places: [Value], in small: Graph, on inputs: [Value]
  ) throws(GraphError) -> Value? {
    if let index = places.firstIndex(of: output) { return inputs[index] }
    guard let found = try ElementProgram.computing(output, of: places, in: small) else {
      return nil
    }
    return try apply(
      ElementChain(program: found.program, name: name), found.inputs.map { inputs[$0] })
  }
}

extension ElementChain {
  static var entries: [PrimitiveEntry] {
    let shapes: [Shape] = [[3, 4], [37], [], [1, 1], [2, 3, 5]]
    let swish = shapes.map { shape in
      PrimitiveCase("chain", [.init(shape)], torch: "a * torch.sigmoid(1.5 * a)") {
        (graph: inout Graph, values: [Value]) throws(GraphError) in
        try graph.chain("chain", values) { (graph, x) throws(GraphError) in
          try graph.multiply(x[0], graph.activation(.sigmoid, graph.scale(x[0], by: 1.5)))
        }
      }
    }
    let broadcast: [(Shape, Shape)] = [
      ([3, 4], [4]), ([2, 3, 4], [3, 1]), ([5], []), ([], [2, 3]),
    ]
    let chosen = broadcast.map { left, right in
      PrimitiveCase(
        "chain", [.init(left), .init(right)],
        torch: "torch.where(a > b, a * b + 2, torch.exp(a) - b ** 3)"
      ) {
        (graph: inout Graph, values: [Value]) throws(GraphError) in
        try graph.chain("chain", values) { (graph, x) throws(GraphError) in
          let cube = try graph.multiply(graph.square(x[1]), x[1])
          return try graph.select(
            graph.greater(x[0], x[1]),
            graph.add(graph.multiply(x[0], x[1]), graph.scalar(2)),
            graph.subtract(graph.exp(x[0]), cube))
        }
      }
    }
    let long = PrimitiveCase(
      "chain", [.init([4, 3])],
      torch: "torch.sin(a[..., None] * torch.arange(1.0, 16.0)).sum(-1) * torch.cos(a)"
    ) { (graph: inout Graph, values: [Value]) throws(GraphError) in
      try graph.chain("chain", values) { (graph, x) throws(GraphError) in
        var sines: [Value] = []
        for k in 1...15 { sines.append(try graph.sin(graph.scale(x[0], by: Double(k)))) }
        // All are at hand at once, which is more than a program has registers for.
        var sum = sines[14]
        for sine in sines.dropLast().reversed() { sum = try graph.add(sum, sine) }
        return try graph.multiply(sum, graph.cos(x[0]))
      }
    }
    return [
      PrimitiveEntry("chain", cases: swish + chosen + [long]),
      PrimitiveEntry("chain_gradient", isDerivativeOf: "chain"),
    ]
  }
}
