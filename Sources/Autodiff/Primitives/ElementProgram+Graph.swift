import Kernels
import Tensors

extension ElementProgram {
  /// The program that a graph of numbers amounts to.
  ///
  /// What is constant is computed, what is the same is computed once, and a constant that is added or
  /// multiplied becomes a part of its instruction.
  ///
  /// - Returns: the program, and which of `places` its inputs are; `nil` when it depends on none of them,
  ///   when something isn't an element primitive, and when it is too long.
  static func computing(
    _ output: Value, of places: [Value], in graph: Graph
  ) throws(GraphError) -> (program: ElementProgram, inputs: [Int])? {
    var schedule = Schedule(graph, outputs: [output])
    try schedule.foldConstants()
    schedule.shareSubexpressions()
    let read = Set(schedule.steps.flatMap(\.inputs))
    let inputs = places.indices.filter { read.contains(places[$0]) }
    guard !inputs.isEmpty else { return nil }
    var builder = Builder(graph: schedule.graph, inputs: inputs.count)
    for (slot, index) in inputs.enumerated() { builder.slots[places[index]] = slot }
    for step in schedule.steps {
      guard let primitive = step.primitive as? any ElementPrimitive else { return nil }
      builder.add(primitive, step)
    }
    guard let last = builder.slots[output] else { return nil }
    guard last == inputs.count + builder.instructions.count - 1 else {
      // The last step turned out to be nothing but another value.
      builder.instructions.append(Instruction(.unary(.copy), [last]))
      return ElementProgram(inputs: inputs.count, instructions: builder.instructions)
        .map { ($0, inputs) }
    }
    return ElementProgram(inputs: inputs.count, instructions: builder.instructions)
      .map { ($0, inputs) }
  }

  private struct Builder {
    let graph: Graph
    let inputs: Int
    var slots: [Value: Int] = [:]
    var instructions: [Instruction] = []
    private var constants: [UInt64: Int] = [:]

    init(graph: Graph, inputs: Int) {
      self.graph = graph
      self.inputs = inputs
    }

    mutating func add(_ primitive: any ElementPrimitive, _ step: Schedule.Step) {
      if let arithmetic = primitive as? Arithmetic, step.inputs.count == 2,
        let slot = simplified(arithmetic.operation, step.inputs[0], step.inputs[1])
      {
        slots[step.output] = slot
        return
      }
      let operands = step.inputs.map { slot(of: $0) }
      let program = primitive.program
      let base = inputs + instructions.count
      for instruction in program.instructions {
        instructions.append(
          Instruction(
            instruction.operation,
            instruction.operands.map { slot in
              slot < program.inputs ? operands[slot] : base + slot - program.inputs
            }))
      }
      slots[step.output] = inputs + instructions.count - 1
    }

    /// `x + c`, `x - c` and `c x` as one instruction of one operand.
    private mutating func simplified(
      _ operation: Arithmetic.Operation, _ a: Value, _ b: Value
    ) -> Int? {
      switch (operation, number(a), number(b)) {
      case (.add, nil, let c?): return unary(.offset(c), a)
      case (.add, let c?, nil): return unary(.offset(c), b)
      case (.subtract, nil, let c?): return unary(.offset(-c), a)
      case (.multiply, nil, let c?): return c == 1 ? slot(of: a) : unary(.scale(c), a)
      case (.multiply, let c?, nil): return c == 1 ? slot(of: b) : unary(.scale(c), b)
      default: return nil
      }
    }

    private mutating func unary(_ function: Kernels.Function, _ x: Value) -> Int {
      instructions.append(Instruction(.unary(function), [slot(of: x)]))
      return inputs + instructions.count - 1
    }

    private mutating func slot(of value: Value) -> Int {
      if let slot = slots[value] { return slot }
      let number = number(value) ?? 0
      if let slot = constants[number.bitPattern] { return slot }
      instructions.append(Instruction(.unary(.constant(number)), [0]))
      let slot = inputs + instructions.count - 1
      constants[number.bitPattern] = slot
      return slot
    }

    /// The number that a value is, if it is a constant.
    private func number(_ value: Value) -> Double? {
      guard slots[value] == nil, case .constant(let tensor) = graph.nodes[value.index].origin
      else { return nil }
      return tensor.element == .float64
        ? tensor.elements(of: Double.self).first
        : tensor.elements(of: Float.self).first.map(Double.init)
    }
  }
}
