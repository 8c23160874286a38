import Kernels
import Tensors
import Testing

@testable import Autodiff

@Suite struct RecomputationTests {
  /// A tower of layers with dropout, batch by width, and the plan's outputs.
  private func tower(
    layers: Int, width: Int, batch: Int
  ) throws -> (graph: Graph, outputs: [Value], contents: [Value: Tensor]) {
    var graph = Graph()
    var contents: [Value: Tensor] = [:]
    var parameters: [Value] = []
    func floats(_ shape: Shape, _ seed: UInt64) -> Tensor {
      let numbers = PrimitiveCase.weights(shape, seed: seed).elements(of: Double.self)
      return Tensor(numbers.map { Float($0 * 0.3) }, shape: shape)
    }
    let input = graph.input("x", TensorType([batch, width]))
    contents[input] = floats([batch, width], 1)
    var x = input
    for layer in 0..<layers {
      graph.scope = "layer \(layer)"
      let weight = graph.parameter("w\(layer)", [width, width])
      let bias = graph.parameter("b\(layer)", [width])
      contents[weight] = floats([width, width], UInt64(layer + 2))
      contents[bias] = floats([width], UInt64(layer + 200))
      parameters += [weight, bias]
      let y = try graph.activation(.gelu, graph.linear(x, weight: weight, bias: bias))
      x = try graph.add(x, graph.dropout(y, rate: 0.1, stream: "layer \(layer)"))
    }
    let loss = try graph.mean(graph.square(x))
    let gradients = try graph.gradients(of: loss, withRespectTo: parameters)
    if let random = graph.random {
      contents[random] = Tensor([7, 0, 3, 0] as [Int32], shape: [4])
    }
    return (graph, [loss] + gradients, contents)
  }

  @Test("what is computed again has the same bits, and takes a part of the memory")
  func blocks() throws {
    let (graph, outputs, contents) = try tower(layers: 24, width: 32, batch: 64)
    let plain = try Plan(graph, outputs: outputs)
    var options = Plan.Options()
    options.recomputation = .blocks
    let again = try Plan(graph, outputs: outputs, options: options)
    #expect(Double(again.arenaBytes) < 0.45 * Double(plain.arenaBytes))
    let expected = try run(plain, graph: graph, contents: contents)
    let found = try run(again, graph: graph, contents: contents, threads: 2)
    for (a, b) in zip(expected, found) { #expect(a.map(\.bitPattern) == b.map(\.bitPattern)) }
    // About one more forward pass, a third of all.
    let flops = { (plan: Plan) in plan.lines.reduce(0) { $0 + $1.flops } }
    #expect(Double(flops(again)) < 1.36 * Double(flops(plain)))
  }

  @Test("a budget takes no more blocks than it needs, and none when there is room")
  func budget() throws {
    let (graph, outputs, _) = try tower(layers: 16, width: 16, batch: 64)
    let plain = try Plan(graph, outputs: outputs)
    var options = Plan.Options()
    options.recomputation = .within(bytes: plain.arenaBytes)
    #expect(try Plan(graph, outputs: outputs, options: options).lines.count == plain.lines.count)
    var last = plain.lines.count
    for share in [0.9, 0.7, 0.6] {
      let bytes = Int(share * Double(plain.arenaBytes))
      options.recomputation = .within(bytes: bytes)
      let plan = try Plan(graph, outputs: outputs, options: options)
      #expect(plan.arenaBytes <= bytes)
      #expect(plan.lines.count >= last)
      last = plan.lines.count
    }
    options.recomputation = .within(bytes: 4096)
    do throws(GraphError) {
      _ = try Plan(graph, outputs: outputs, options: options)
      Issue.record("4 KiB were enough")
    } catch {
      #expect(error.code == .tooLarge)
      #expect(error.description.contains("4096"))
    }
  }

  @Test("random graphs keep their bits under any recomputation", arguments: 0..<40)
  func randomGraphs(seed: UInt64) throws {
    let random = try RandomGraph(seed: seed)
    let expected = try run(
      Plan(random.graph, outputs: random.outputs), graph: random.graph, contents: random.contents)
    var options = Plan.Options()
    options.recomputation = .blocks
    let found = try run(
      Plan(random.graph, outputs: random.outputs, options: options), graph: random.graph,
      contents: random.contents)
    for (a, b) in zip(expected, found) { #expect(a.map(\.bitPattern) == b.map(\.bitPattern)) }
  }
}
