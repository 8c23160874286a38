import Kernels
import Tensors
import Testing

@testable import Autodiff

@Suite struct PlanTests {
  /// A step for each operation, and a place for each value.
  static var plain: Plan.Options {
    var options = Plan.Options.none
    options.takesOver = false
    options.sharesPlaces = false
    return options
  }

  @Test("no pass changes a bit of any output", arguments: 0..<80)
  func reuse(seed: UInt64) throws {
    let random = try RandomGraph(seed: seed, element: seed % 2 == 0 ? .float64 : .float32)
    let shared = try Plan(random.graph, outputs: random.outputs)
    let apart = try Plan(random.graph, outputs: random.outputs, options: Self.plain)
    let expected = try run(apart, graph: random.graph, contents: random.contents)
    let found = try run(shared, graph: random.graph, contents: random.contents)
    for (index, (a, b)) in zip(expected, found).enumerated() {
      #expect(
        a.map(\.bitPattern) == b.map(\.bitPattern), "seed \(seed), output \(index): \(a) and \(b)")
    }
    #expect(shared.arenaBytes <= apart.arenaBytes)
  }

  @Test("outputs bound to the caller's memory have the same bits", arguments: 0..<40)
  func bound(seed: UInt64) throws {
    let random = try RandomGraph(seed: seed)
    let plan = try Plan(random.graph, outputs: random.outputs)
    let expected = try run(plan, graph: random.graph, contents: random.contents)
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for (index, output) in plan.outputs.enumerated() where (seed + UInt64(index)) % 3 != 0 {
      // A parameter or input that is an output too has one memory only.
      if bindings[output] != nil || random.contents[output] != nil { continue }
      bindings[output] = .allocate(
        byteCount: random.graph.type(of: output).byteCount, alignment: 64)
    }
    defer { for pointer in bindings.values { pointer.deallocate() } }
    let executor = try Executor(plan: plan, bindings: bindings, team: ThreadTeam(threads: 1))
    write(random.contents, to: executor)
    for _ in 0..<2 {
      executor.run()
      for (output, values) in zip(plan.outputs, expected) {
        let found = read(output, of: random.graph, from: executor)
        #expect(found.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed)")
      }
    }
  }

  @Test("a second run on the same inputs gives the same bits", arguments: 0..<20)
  func again(seed: UInt64) throws {
    let random = try RandomGraph(seed: seed)
    let plan = try Plan(random.graph, outputs: random.outputs)
    let executor = try Executor(plan: plan, bindings: [:], team: ThreadTeam(threads: 1))
    write(random.contents, to: executor)
    executor.run()
    let first = plan.outputs.map { read($0, of: random.graph, from: executor) }
    executor.run()
    let second = plan.outputs.map { read($0, of: random.graph, from: executor) }
    #expect(first.map { $0.map(\.bitPattern) } == second.map { $0.map(\.bitPattern) })
  }

  @Test("what no output depends on isn't computed")
  func deadCode() throws {
    var graph = Graph()
    let x = graph.parameter("x", [8, 8])
    let unused = try graph.exp(graph.exp(x))
    let y = try graph.square(x)
    let plan = try Plan(graph, outputs: [y])
    #expect(plan.schedule.steps.map(\.primitive.name) == ["square"])
    #expect(unused.index < y.index)
  }

  @Test("an activation joins the linear before it, unless the linear's output is wanted")
  func fusion() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([4, 3]))
    let w = graph.parameter("w", [5, 3])
    let b = graph.parameter("b", [5])
    let y = try graph.linear(x, weight: w, bias: b)
    let z = try graph.activation(.relu, y)
    #expect(try Plan(graph, outputs: [z]).schedule.steps.map(\.primitive.name) == ["linear+relu"])
    #expect(
      try Plan(graph, outputs: [z, y]).schedule.steps.map(\.primitive.name) == ["linear", "relu"])
    let loss = try graph.mean(z)
    let gradients = try graph.gradients(of: loss, withRespectTo: [w, b])
    let names = try Plan(graph, outputs: [loss] + gradients).schedule.steps.map(\.primitive.name)
    #expect(names.contains("linear+relu"))
    #expect(!names.contains("linear"))
  }

  @Test("an activation that derives from its input keeps it")
  func noFusion() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([4, 3]))
    let w = graph.parameter("w", [5, 3])
    let loss = try graph.mean(graph.activation(.gelu, graph.linear(x, weight: w)))
    let gradients = try graph.gradients(of: loss, withRespectTo: [w])
    let names = try Plan(graph, outputs: [loss] + gradients).schedule.steps.map(\.primitive.name)
    #expect(names.contains("linear"))
    #expect(names.contains("gelu"))
  }

  @Test("a chain of element-wise operations lives in one buffer")
  func inPlace() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([1_000]))
    var y = try graph.exp(x)
    for _ in 0..<10 { y = try graph.activation(.tanh, graph.negate(y)) }
    let plan = try Plan(graph, outputs: [y])
    // The input, which is kept, and the chain.
    #expect(plan.arenaBytes == 2 * ArenaLayout.rounded(4_000))
  }

  @Test("a parameter or input is never overwritten")
  func sourcesStay() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([4]))
    let y = try graph.negate(x)
    let plan = try Plan(graph, outputs: [y])
    let executor = try Executor(plan: plan, bindings: [:], team: ThreadTeam(threads: 1))
    write([x: Tensor([1, 2, 3, 4] as [Float], shape: [4])], to: executor)
    executor.run()
    #expect(read(x, of: graph, from: executor) == [1, 2, 3, 4])
    #expect(read(y, of: graph, from: executor) == [-1, -2, -3, -4])
  }

  @Test("parameters and their derivatives count as the caller's memory")
  func figures() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([2, 100]))
    let w = graph.parameter("w", [500, 100])
    let loss = try graph.mean(graph.linear(x, weight: w))
    let gradients = try graph.gradients(of: loss, withRespectTo: [w])
    let plan = try Plan(graph, outputs: [loss] + gradients)
    #expect(plan.boundBytes == 2 * 500 * 100 * 4)
    #expect(plan.peakBytes == plan.boundBytes + plan.arenaBytes)
    #expect(plan.arenaBytes < 500 * 100 * 4)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: plan.boundBytes, alignment: 64)
    defer { memory.deallocate() }
    let executor = try Executor(
      plan: plan, bindings: [w: memory, gradients[0]: memory + 500 * 100 * 4],
      team: ThreadTeam(threads: 1))
    #expect(executor.arenaBytes == plan.arenaBytes)
    #expect(executor.pointer(to: gradients[0]) == memory + 500 * 100 * 4)
  }

  @Test("a plan explains itself, a line for each kernel call with its layer")
  func explanation() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([4, 3]))
    graph.scope = "hidden"
    let y = try graph.activation(.relu, graph.linear(x, weight: graph.parameter("w", [5, 3])))
    let plan = try Plan(graph, outputs: [y])
    #expect(plan.lines.count == 1)
    #expect(plan.lines.first?.scope == "hidden")
    #expect(plan.lines.first?.primitive == "linear+relu")
    #expect(plan.lines.first?.output == TensorType([4, 5]))
    #expect((plan.lines.first?.flops ?? 0) >= 2 * 4 * 5 * 3)
    #expect(plan.explain().contains("arena \(plan.arenaBytes) bytes"))
  }

  @Test("an input that nothing reads has a place all the same")
  func unreadInput() throws {
    var graph = Graph()
    let unread = graph.input("unread", TensorType([3]))
    let y = try graph.exp(graph.input("x", TensorType([3])))
    let executor = try Executor(
      plan: Plan(graph, outputs: [y]), bindings: [:], team: ThreadTeam(threads: 1))
    #expect(executor.place(of: unread) != nil)
    #expect(executor.place(of: y) != nil)
  }

  @Test("an arena that no machine has is an error, not the end")
  func tooLarge() throws {
    var graph = Graph()
    let x = graph.input("x", TensorType([1 << 20, 1 << 20, 1 << 10]))
    let y = try graph.exp(x)
    let plan = try Plan(graph, outputs: [y])
    #expect(throws: GraphError.self) {
      _ = try Executor(plan: plan, bindings: [:], team: ThreadTeam(threads: 1))
    }
  }
}
