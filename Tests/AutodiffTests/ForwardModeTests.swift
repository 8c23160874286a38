import Kernels
import Tensors
import Testing

@testable import Autodiff

/// Forward mode and Hessians against differences of what reverse mode gives.
@Suite struct ForwardModeTests {
  private func direction(_ type: TensorType, _ seed: UInt64) -> Tensor {
    PrimitiveCase.weights(type.shape, seed: seed &+ 31)
  }

  /// `(f(x + h d) - f(x - h d)) / 2h` of what a plan computes.
  private func difference(
    _ plan: Plan, _ graph: Graph, _ contents: [Value: Tensor], along directions: [Value: Tensor]
  ) throws -> [[Double]] {
    let step = 1e-5
    func moved(_ sign: Double) throws -> [[Double]] {
      var contents = contents
      for (value, direction) in directions {
        guard let at = contents[value] else { continue }
        let sum = zip(at.elements(of: Double.self), direction.elements(of: Double.self))
        contents[value] = Tensor(sum.map { $0 + sign * step * $1 }, shape: at.shape)
      }
      return try run(plan, graph: graph, contents: contents)
    }
    return zip(try moved(1), try moved(-1)).map { above, below in
      zip(above, below).map { ($0 - $1) / (2 * step) }
    }
  }

  private func expectClose(
    _ found: [Double], _ expected: [Double], _ tolerance: Double, _ name: String
  ) {
    let scale = expected.reduce(1) { Swift.max($0, abs($1)) }
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) {
      #expect(abs(a - b) <= tolerance * scale, "\(name): \(a) and \(b)")
    }
  }

  @Test(
    "the tangent of every operation agrees with the difference along the direction",
    arguments: PrimitiveCatalog.all.filter { $0.order == .any })
  func tangents(entry: PrimitiveEntry) throws {
    for (index, used) in entry.cases.enumerated() where !used.checked.isEmpty {
      let seed = UInt64(index + 1)
      var made = try used.graph(seed: seed)
      var directions: [Value: Tensor] = [:]
      var values: [Value: Value] = [:]
      for input in used.checked.map({ made.inputs[$0] }) {
        let tensor = direction(made.graph.type(of: input), seed &+ UInt64(input.index))
        directions[input] = tensor
        values[input] = made.graph.constant(tensor)
      }
      let tangent = try made.graph.tangents(of: [made.output], along: values)[0]
      let found = try run(
        Plan(made.graph, outputs: [tangent]), graph: made.graph, contents: made.contents)[0]
      let expected = try difference(
        Plan(made.graph, outputs: [made.output]), made.graph, made.contents, along: directions)[0]
      expectClose(found, expected, 1e-7, "\(used)")
    }
  }

  @Test(
    "the Hessian times a vector agrees with the difference of the gradient along it",
    arguments: PrimitiveCatalog.all.filter { $0.order == .any && $0.isDerivativeOf == nil })
  func hessians(entry: PrimitiveEntry) throws {
    for (index, used) in entry.cases.enumerated() where !used.checked.isEmpty {
      let seed = UInt64(index + 1)
      var made = try used.graph(seed: seed)
      let targets = used.checked.map { made.inputs[$0] }
      // Linear operations have no curvature of their own; the square of the output has.
      guard made.graph.type(of: made.output).element.isFloatingPoint else { continue }
      let loss = try made.graph.sum(made.graph.square(made.output))
      var directions: [Value: Tensor] = [:]
      var values: [Value] = []
      for input in targets {
        let tensor = direction(made.graph.type(of: input), seed &+ UInt64(input.index))
        directions[input] = tensor
        values.append(made.graph.constant(tensor))
      }
      let gradients = try made.graph.gradients(of: loss, withRespectTo: targets)
      let products = try made.graph.hessianProducts(
        of: loss, withRespectTo: targets, along: values)
      let found = try run(
        Plan(made.graph, outputs: products), graph: made.graph, contents: made.contents)
      let expected = try difference(
        Plan(made.graph, outputs: gradients), made.graph, made.contents, along: directions)
      for (a, b) in zip(found, expected) { expectClose(a, b, 1e-6, "\(used)") }
    }
  }

  @Test("a network's Hessian is symmetric: u H v is v H u")
  func symmetry() throws {
    var graph = Graph(element: .float64)
    var contents: [Value: Tensor] = [:]
    func parameter(_ name: String, _ shape: Shape, _ seed: UInt64) -> Value {
      let value = graph.parameter(name, shape)
      contents[value] = PrimitiveCase.weights(shape, seed: seed)
      return value
    }
    let parameters = [parameter("w", [4, 3], 1), parameter("b", [4], 2), parameter("v", [5, 4], 3)]
    let x = graph.constant(PrimitiveCase.weights([6, 3], seed: 4))
    let classes = graph.constant(Tensor([0, 1, 2, 3, 4, 0] as [Int32], shape: [6]))
    let hidden = try graph.activation(
      .gelu, graph.linear(x, weight: parameters[0], bias: parameters[1]))
    let loss = try graph.softmaxCrossEntropy(
      graph.linear(hidden, weight: parameters[2]), classIndices: classes)
    func directions(_ seed: UInt64) -> [Value] {
      parameters.enumerated().map {
        graph.constant(PrimitiveCase.weights(graph.shape(of: $1), seed: seed &+ UInt64($0)))
      }
    }
    let (u, v) = (directions(10), directions(20))
    var sums: [Value] = []
    for (left, right) in [(u, v), (v, u)] {
      let products = try graph.hessianProducts(
        of: loss, withRespectTo: parameters, along: right)
      var total = graph.scalar(0)
      for (a, b) in zip(left, products) {
        total = try graph.add(total, graph.sum(graph.multiply(a, b)))
      }
      sums.append(total)
    }
    let found = try run(Plan(graph, outputs: sums), graph: graph, contents: contents)
    #expect(abs(found[0][0] - found[1][0]) < 1e-12 * max(1, abs(found[0][0])))
    #expect(found[0][0] != 0)
  }

  @Test("what no direction reaches has the tangent 0, and a direction of another shape is refused")
  func edges() throws {
    var graph = Graph(element: .float64)
    let (x, y) = (graph.parameter("x", [2]), graph.parameter("y", [2]))
    let square = try graph.square(y)
    let one = graph.constant(Tensor([1, 1] as [Double], shape: [2]))
    let tangents = try graph.tangents(of: [square, x], along: [x: one])
    let found = try run(Plan(graph, outputs: tangents), graph: graph, contents: [:])
    #expect(found == [[0, 0], [1, 1]])
    let wide = graph.constant(Tensor([1, 1, 1] as [Double], shape: [3]))
    #expect(throws: GraphError.self) { try graph.tangents(of: [square], along: [y: wide]) }
  }

  @Test("no derivative goes through stop_gradient")
  func stopped() throws {
    var graph = Graph(element: .float64)
    let x = graph.parameter("x", [2])
    let loss = try graph.sum(graph.multiply(x, graph.stopGradient(x)))
    let gradient = try graph.gradients(of: loss, withRespectTo: [x])
    let contents = [x: Tensor([3, -5] as [Double], shape: [2])]
    #expect(
      try run(Plan(graph, outputs: gradient), graph: graph, contents: contents) == [[3, -5]])
  }
}
