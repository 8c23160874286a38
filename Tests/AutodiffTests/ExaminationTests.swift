import Kernels
import Tensors
import Testing

@testable import Autodiff

@Suite struct ExaminationTests {
  private func examine(
    _ numbers: [Float], _ build: (inout Graph, Value) throws -> [Value]
  ) throws -> UnsoundOperation? {
    var graph = Graph()
    graph.scope = "first"
    let input = graph.input("x", TensorType([numbers.count]))
    let outputs = try build(&graph, input)
    var options = Plan.Options.none
    options.takesOver = false
    let executor = try Executor(
      plan: Plan(graph, outputs: outputs, options: options), bindings: [:],
      team: ThreadTeam(threads: 1))
    let place = executor.pointer(to: input).assumingMemoryBound(to: Float.self)
    for (index, number) in numbers.enumerated() { place[index] = number }
    return executor.examine()
  }

  @Test("the operation that made the first infinity is named, with what it was given")
  func forward() throws {
    let found = try #require(
      try examine([1, 0, 4]) { graph, x in
        let logarithm = try graph.log(graph.scale(x, by: 2))
        graph.scope = "second"
        return [try graph.sum(graph.multiply(logarithm, logarithm))]
      })
    #expect(found.operation == "log")
    #expect(found.scope == "first")
    #expect(!found.isBackward)
    #expect(found.output.negativeInfinityCount == 1)
    #expect(found.output.shape == [3])
    #expect(found.inputs.count == 1)
    #expect(found.inputs.first?.minimum == 0)
    #expect(found.inputs.first?.maximum == 8)
  }

  @Test("a derivative that isn't finite where the value was")
  func backward() throws {
    let found = try #require(
      try examine([0, 1]) { graph, x in
        let loss = try graph.sum(graph.sqrt(x))
        return [loss] + (try graph.gradients(of: loss, withRespectTo: [x]))
      })
    #expect(found.isBackward)
    #expect(found.output.nonFiniteCount == 1)
    #expect(found.inputs.allSatisfy { $0.nonFiniteCount == 0 })
  }

  @Test("infinities that were given aren't an operation's fault, NaN made of them is")
  func masks() throws {
    let given = try examine([-.infinity, 1]) { graph, x in [try graph.exp(graph.scale(x, by: 3))] }
    #expect(given == nil)
    let made = try #require(
      try examine([.infinity, 1]) { graph, x in [try graph.subtract(x, graph.scale(x, by: 2))] })
    #expect(made.operation == "subtract")
    #expect(made.output.nanCount == 1)
  }

  @Test("nothing is found where all is well")
  func sound() throws {
    #expect(try examine([1, 2]) { graph, x in [try graph.exp(x)] } == nil)
  }
}
