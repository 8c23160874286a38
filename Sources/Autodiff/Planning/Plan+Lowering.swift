import Kernels
import Tensors

extension Plan {
  /// The kernel calls of one step of the schedule.
  struct LoweredStep {
    var primitive: String
    var scope: String
    /// The value that the step yields.
    var value: Value
    var inputs: [Operand]
    var output: Operand
    var calls: [KernelCall]
  }

  /// Emits all kernel calls for buffers at the given addresses.
  func lower(
    _ memory: MemoryPlan, arena: UnsafeMutableRawPointer, bindings: [Value: UnsafeMutableRawPointer]
  ) -> [LoweredStep] {
    var steps: [LoweredStep] = []
    func operand(_ value: Value) -> Operand {
      Operand(
        pointer: pointer(to: value, memory, arena: arena, bindings: bindings) ?? arena,
        type: graph.type(of: value))
    }
    for (index, step) in schedule.steps.enumerated() {
      if step.primitive.isView, !memory.copiedViews.contains(index) { continue }
      let output = operand(step.output)
      var context = Lowering(
        inputs: step.inputs.map(operand), output: output, auxiliary: step.auxiliary.map(operand),
        workspace: memory.workspaces[index].map { arena + $0 })
      step.primitive.lower(&context)
      steps.append(
        LoweredStep(
          primitive: step.primitive.name, scope: step.scope, value: step.output,
          inputs: context.inputs, output: output, calls: context.calls))
    }
    for value in memory.deliveries where outputs.contains(value) {
      guard let target = bindings[value] else { continue }
      let source = operand(value)
      var context = Lowering(
        inputs: [source], output: Operand(pointer: target, type: source.type), auxiliary: nil,
        workspace: nil)
      Copy().lower(&context)
      steps.append(
        LoweredStep(
          primitive: "copy", scope: graph.scope(of: value), value: value, inputs: [source],
          output: context.output, calls: context.calls))
    }
    return steps
  }

  func pointer(
    to value: Value, _ memory: MemoryPlan, arena: UnsafeMutableRawPointer,
    bindings: [Value: UnsafeMutableRawPointer]
  ) -> UnsafeMutableRawPointer? {
    switch memory.places[value] {
    case .arena(let offset): arena + offset
    case .bound(let owner): bindings[owner]
    case nil: nil
    }
  }
}
