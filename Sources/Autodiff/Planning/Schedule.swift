import Tensors

/// The operations that outputs depend on, in the order in which they run, after fusion.
struct Schedule: Sendable {
  struct Step: Sendable {
    var primitive: any Primitive
    var inputs: [Value]
    var output: Value
    /// `nil` when nothing reads it.
    var auxiliary: Value?
    var scope: String
  }

  private(set) var steps: [Step] = []
  /// Inputs; and parameters and constants that something reads or that are outputs.
  private(set) var sources: [Value] = []

  init(_ graph: Graph, outputs: [Value]) {
    let alive = Schedule.reachable(in: graph, from: outputs)
    for (index, node) in graph.nodes.enumerated() {
      let value = Value(index)
      // A caller may write an input that nothing reads.
      if case .input = node.origin { sources.append(value) }
      guard alive[index] else { continue }
      switch node.origin {
      case .input:
        break
      case .parameter, .constant:
        sources.append(value)
      case .auxiliary:
        break
      case .primitive(let primitive):
        let auxiliary = graph.auxiliary(of: value).flatMap { alive[$0.index] ? $0 : nil }
        steps.append(
          Step(
            primitive: primitive, inputs: node.inputs, output: value, auxiliary: auxiliary,
            scope: node.scope))
      }
    }
    fuse(outputs: Set(outputs))
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

  /// Joins a step with the only one that reads its output, where the first says that it can.
  private mutating func fuse(outputs: Set<Value>) {
    var readers: [Value: Int] = [:]
    for step in steps {
      for input in step.inputs { readers[input, default: 0] += 1 }
    }
    var makers: [Value: Int] = [:]
    var isJoined = [Bool](repeating: false, count: steps.count)
    for index in steps.indices {
      let step = steps[index]
      makers[step.output] = index
      guard step.inputs.count == 1, step.auxiliary == nil, let maker = makers[step.inputs[0]]
      else { continue }
      let first = steps[maker]
      guard readers[first.output] == 1, !outputs.contains(first.output),
        first.auxiliary == nil, let fused = first.primitive.followed(by: step.primitive)
      else { continue }
      isJoined[maker] = true
      steps[index].primitive = fused
      steps[index].inputs = first.inputs
    }
    steps = zip(steps, isJoined).compactMap { step, isJoined in isJoined ? nil : step }
  }
}
