import Autodiff
import Kernels
import Tensors
import Testing

@Suite struct GradientTests {
  private func check(
    _ shapes: [Shape], _ build: (inout Graph, [Value]) throws -> Value
  ) throws {
    var graph = Graph(element: .float64)
    var contents: [Value: Tensor] = [:]
    var generator = Philox(seed: 3, purpose: "gradients").generator()
    let parameters = shapes.enumerated().map { index, shape in
      let value = graph.parameter("p\(index)", shape)
      contents[value] = Tensor(
        (0..<shape.count).map { _ in generator.uniform() - 0.4 }, shape: shape)
      return value
    }
    let loss = try build(&graph, parameters)
    let findings = try GradientCheck().findings(
      graph: graph, loss: loss,
      variables: parameters.enumerated().map { ("p\($0)", $1) }, contents: contents,
      team: ThreadTeam(threads: 1))
    for finding in findings { #expect(finding.relativeDifference < 1e-7, "\(finding)") }
  }

  @Test("cotangents of a value that is read several times are added")
  func fanOut() throws {
    try check([[4, 4]]) { graph, p in
      let a = try graph.activation(.tanh, graph.matmul(p[0], p[0]))
      let b = try graph.matmul(a, p[0], transposeLeft: true)
      return try graph.mean(graph.add(graph.multiply(a, b), graph.multiply(p[0], p[0])))
    }
  }

  @Test("a parameter shared by two layers has the sum of both derivatives")
  func shared() throws {
    try check([[5, 5], [5], [3, 5]]) { graph, p in
      var x = p[2]
      for _ in 0..<3 {
        x = try graph.activation(.tanh, graph.linear(x, weight: p[0], bias: p[1]))
      }
      return try graph.mean(graph.square(x))
    }
  }

  @Test("a broadcast operand's cotangent is summed down to its shape")
  func unbroadcast() throws {
    try check([[3, 1, 2], [4, 1], [], [1]]) { graph, p in
      let x = try graph.multiply(p[0], p[1])
      let y = try graph.divide(graph.add(x, p[2]), graph.exp(p[3]))
      return try graph.sum(graph.subtract(y, p[0]))
    }
  }

  @Test("a derivative of a derivative agrees with differences too")
  func secondOrder() throws {
    try check([[3, 4], [2, 4]]) { graph, p in
      let y = try graph.linear(p[0], weight: p[1])
      let loss = try graph.mean(graph.exp(graph.softmax(y)))
      let gradients = try graph.gradients(of: loss, withRespectTo: [p[1]])
      return try graph.sum(graph.square(gradients[0]))
    }
  }

  @Test(
    "what the loss doesn't depend on has the derivative 0, and each result is a value of its own")
  func pruning() throws {
    var graph = Graph()
    let x = graph.parameter("x", [3])
    let y = graph.parameter("y", [3])
    let unused = graph.parameter("unused", [2, 2])
    let loss = try graph.sum(graph.add(x, y))
    let gradients = try graph.gradients(of: loss, withRespectTo: [x, y, unused, x, loss])
    #expect(Set(gradients).count == 5)
    let plan = try Plan(graph, outputs: gradients)
    let found = try run(plan, graph: graph, contents: [:])
    #expect(found == [[1, 1, 1], [1, 1, 1], [0, 0, 0, 0], [1, 1, 1], [1]])
  }

  @Test("derivatives that no one asked for aren't part of the graph")
  func noWaste() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([4, 3]))
    let w = graph.parameter("w", [5, 3])
    let loss = try graph.mean(graph.linear(x, weight: w))
    let before = graph.count
    _ = try graph.gradients(of: loss, withRespectTo: [w])
    // 1, scaled, reshaped and broadcast, and one product.
    #expect(graph.count - before <= 5)
  }

  /// A primitive that doesn't say how it is differentiated.
  private struct Opaque: Primitive {
    var name: String { "opaque" }
    func type(of inputs: [TensorType]) throws(GraphError) -> TensorType { inputs[0] }
    func lower(_ context: inout Lowering) {}
  }

  @Test("a derivative through an operation that has none is refused by name and layer")
  func notDifferentiable() throws {
    var graph = Graph()
    graph.scope = "middle"
    let x = graph.parameter("x", [2, 3])
    let loss = try graph.sum(graph.apply(Opaque(), [x]))
    do throws(GraphError) {
      _ = try graph.gradients(of: loss, withRespectTo: [x])
      Issue.record("it was accepted")
    } catch {
      #expect(error.code == .notDifferentiable)
      #expect(error.description.contains("layer \"middle\": opaque"))
    }
  }
}
