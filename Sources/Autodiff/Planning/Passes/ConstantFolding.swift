import Kernels
import Tensors

extension Schedule {
  /// Computes now what depends on constants alone, and makes it a constant.
  ///
  /// Not what is larger than all it is made of, such as a repeated number: that is cheaper made than kept.
  mutating func foldConstants() throws(GraphError) {
    var isConstant = graph.nodes.map { node in
      if case .constant = node.origin { true } else { false }
    }
    var folded: [Int] = []
    for (index, step) in steps.enumerated() {
      guard !step.inputs.isEmpty, step.auxiliary == nil,
        step.inputs.allSatisfy({ isConstant[$0.index] })
      else { continue }
      let read = step.inputs.reduce(0) { $0 + graph.type(of: $1).byteCount }
      guard graph.type(of: step.output).byteCount <= max(read, 64) else { continue }
      isConstant[step.output.index] = true
      folded.append(index)
    }
    if folded.isEmpty { return }
    let values = folded.map { steps[$0].output }
    let executor = try Executor(
      plan: Plan(graph, outputs: values, options: Plan.Options.none), bindings: [:],
      team: ThreadTeam(threads: 1))
    executor.run()
    for value in values {
      let type = graph.type(of: value)
      let bytes = UnsafeRawBufferPointer(
        start: executor.pointer(to: value), count: type.byteCount)
      graph.nodes[value.index].origin = .constant(
        Tensor(type: type) { $0.copyMemory(from: bytes) })
      graph.nodes[value.index].inputs = []
    }
    let gone = Set(folded)
    steps = steps.indices.filter { !gone.contains($0) }.map { steps[$0] }
    prune()
  }
}
