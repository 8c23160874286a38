import Tensors

/// The operations that outputs depend on, in the order in which they run.
///
/// A pass, a file in `Passes`, makes a better schedule of the same results.
struct Schedule: Sendable {
  struct Step: Sendable {
    var primitive: any Primitive
    var inputs: [Value]
    var output: Value
    /// `nil` when nothing reads it.
    var auxiliary: Value?
    var scope: String
  }

  /// The nodes that values stand for; passes may add some.
  var graph: Graph
  let outputs: [Value]
  var steps: [Step] = []

  /// Leaves out what no output depends on.
  init(_ graph: Graph, outputs: [Value]) {
    self.graph = graph
    self.outputs = outputs
    let alive = Schedule.reachable(in: graph, from: outputs)
    for (index, node) in graph.nodes.enumerated() where alive[index] {
      guard case .primitive(let primitive) = node.origin else { continue }
      let value = Value(index)
      let auxiliary = graph.auxiliary(of: value).flatMap { alive[$0.index] ? $0 : nil }
      steps.append(
        Step(
          primitive: primitive, inputs: node.inputs, output: value, auxiliary: auxiliary,
          scope: node.scope))
    }
  }

  /// Inputs; and parameters and constants that a step reads or that are outputs.
  var sources: [Value] {
    var isRead = [Bool](repeating: false, count: graph.nodes.count)
    for output in outputs { isRead[output.index] = true }
    for step in steps {
      for input in step.inputs { isRead[input.index] = true }
    }
    return graph.nodes.indices.compactMap { index in
      switch graph.nodes[index].origin {
      // A caller may write an input that nothing reads.
      case .input: Value(index)
      case .parameter, .constant: isRead[index] ? Value(index) : nil
      case .primitive, .auxiliary: nil
      }
    }
  }

  /// How often each value is read, an output once more.
  func readers() -> [Value: Int] {
    var readers: [Value: Int] = [:]
    for step in steps {
      for input in step.inputs { readers[input, default: 0] += 1 }
    }
    for output in outputs { readers[output, default: 0] += 1 }
    return readers
  }

  /// Leaves out steps whose results nothing reads.
  mutating func prune() {
    var isRead = Set(outputs)
    var kept: [Step] = []
    for step in steps.reversed() {
      var step = step
      if let auxiliary = step.auxiliary, !isRead.contains(auxiliary) { step.auxiliary = nil }
      guard isRead.contains(step.output) || step.auxiliary != nil else { continue }
      isRead.formUnion(step.inputs)
      kept.append(step)
    }
    steps = kept.reversed()
  }

  /// Dead code is what this doesn't reach.
  private static func reachable(in graph: Graph, from outputs: [Value]) -> [Bool] {
    var alive = [Bool](repeating: false, count: graph.nodes.count)
    for output in outputs { alive[output.index] = true }
    for index in alive.indices.reversed() where alive[index] {
      for input in graph.nodes[index].inputs { alive[input.index] = true }
    }
    return alive
  }
}
