import Kernels
import Tensors

/// A recurrent network over whole sequences, in one direction, from the projections of its input.
///
/// The inputs are those projections with their biases, the state's weight, gru's bias of the state, then perhaps
/// initial states, a mask, and factors of the state. A sequence stays with one thread for all its steps. The
/// auxiliary has what the derivative reads, gates and the states that products were made of, and the states
/// after the last step.
///
/// Where the mask is 0 the state stays as it is and the output is 0, as with PyTorch's packed sequences.
struct Recurrence: Primitive {
  let cell: RecurrentCellKind
  /// Whether it goes from the last step to the first; each output stays at its own step.
  var isReversed = false
  /// Whether the output is that of all steps, or the last state.
  var isWhole = true
  /// After how many steps the gradient through the state is cut.
  var truncate: Int?
  var hasStates = false
  var hasMask = false
  /// Whether the last input says by what the state is multiplied before each product, the same at all steps.
  var hasFactors = false

  var rule: String {
    let gates = cell.gates == 1 ? "H" : "\(cell.gates) H"
    let bias = cell == .gru ? ", bias [\(gates)]" : ""
    return
      "x [N, T, \(gates)], weight [\(gates), H]\(bias), states [N, H], mask [N, T], factors [N, H] -> "
      + (isWhole ? "[N, T, H]" : "[N, H]")
  }

  var name: String {
    switch cell {
    case .lstm: "lstm"
    case .gru: "gru"
    case .tanh, .relu: "rnn"
    }
  }

  var firstState: Int { cell == .gru ? 3 : 2 }
  var maskPlace: Int { firstState + (hasStates ? cell.states : 0) }
  var factorsPlace: Int { maskPlace + (hasMask ? 1 : 0) }
  var inputCount: Int { factorsPlace + (hasFactors ? 1 : 0) }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, inputCount...inputCount)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 3, "the projection", rule: rule)
    try TypeCheck.rank(inputs[1], 2, "the weight", rule: rule)
    if let truncate, truncate < 1 {
      throw GraphError(
        .invalidSetting, "the gradient is cut after \(truncate) steps", rule: "at least 1")
    }
    let (x, weight) = (inputs[0].shape, inputs[1].shape)
    let (batch, length, units) = (x[0], x[1], weight[1])
    let (rows, isTooLarge) = cell.gates.multipliedReportingOverflow(by: units)
    guard !isTooLarge, weight[0] == rows, x[2] == rows else {
      throw GraphError(
        .shapeMismatch, "the projection \(x) and the weight \(weight) don't meet", rule: rule)
    }
    func expect(_ index: Int, _ shape: Shape, _ what: String) throws(GraphError) {
      guard inputs[index].shape == shape else {
        throw GraphError(
          .shapeMismatch, "the \(what) \(inputs[index].shape) and the projection \(x) don't meet",
          rule: rule)
      }
    }
    if cell == .gru { try expect(2, [rows], "bias") }
    for index in firstState..<maskPlace { try expect(index, [batch, units], "state") }
    if hasMask { try expect(maskPlace, [batch, length], "mask") }
    if hasFactors { try expect(factorsPlace, [batch, units], "factors") }
    return TensorType(isWhole ? [batch, length, units] : [batch, units], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    TensorType([geometry(inputs).savedCount], inputs[0].element)
  }

  func geometry(_ inputs: [TensorType]) -> RecurrentGeometry {
    RecurrentGeometry(
      cell: cell, batch: inputs[0].shape[0], length: inputs[0].shape[1], units: inputs[1].shape[1],
      isReversed: isReversed, isWhole: isWhole, truncate: truncate)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.recurrentWorkspaceBytes(geometry(inputs), output.element)
  }

  func operands(_ inputs: [Operand], saved: Operand?) -> RecurrentOperands {
    RecurrentOperands(
      input: inputs[0].pointer, weight: inputs[1].pointer,
      bias: cell == .gru ? inputs[2].pointer : nil,
      states: inputs[firstState..<maskPlace].map(\.pointer),
      mask: hasMask ? inputs[maskPlace].pointer : nil,
      kept: hasFactors ? inputs[factorsPlace].pointer : nil, saved: saved?.pointer)
  }

  func lower(_ context: inout Lowering) {
    let calls = Kernels.recurrent(
      context.element, geometry(context.inputs.map(\.type)),
      operands(context.inputs, saved: context.auxiliary), output: context.output.pointer,
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: inputCount)
    guard let saved = context.auxiliary else { return parts }
    for index in maskPlace..<inputCount where context.isNeeded(index) {
      throw GraphError(
        .notDifferentiable, "it has no derivative by mask or factors", rule: "they are constants")
    }
    let dx = try context.graph.apply(
      RecurrenceGradient(forward: self), context.inputs + [saved, context.cotangent])
    parts[0] = dx
    guard let flat = context.graph.auxiliary(of: dx) else { return parts }
    // Weight, states and bias, one after the other.
    var start = 0
    for index in [1] + Array(firstState..<firstState + cell.states) + Array(2..<firstState) {
      let isState = index >= firstState
      let shape =
        isState && !hasStates
        ? [context.type(of: dx).shape[0], context.type(of: context.inputs[1]).shape[1]]
        : context.type(of: context.inputs[index]).shape
      let range = start..<start + shape.count
      start = range.upperBound
      guard !isState || hasStates, context.isNeeded(index) else { continue }
      parts[index] = try context.graph.reshape(
        context.graph.slice(flat, axis: 0, range), to: shape)
    }
    return parts
  }
}

/// The derivative of a recurrent network by the projections of its input: backpropagation through time.
///
/// Werbos 1990, doi:10.1109/5.58337; cut every few steps as in Williams and Peng 1990,
/// doi:10.1162/neco.1990.2.4.490. The inputs are those of the network, what it saved, and `dy`. The auxiliary
/// has the derivatives by weight, initial states and gru's bias, one after the other.
struct RecurrenceGradient: Primitive {
  let forward: Recurrence

  var name: String { "\(forward.name)_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = forward.inputCount
    try TypeCheck.count(inputs, count + 2...count + 2)
    let given = Array(inputs.prefix(count))
    let output = try forward.type(of: given)
    try TypeCheck.floats(inputs)
    guard inputs[count] == forward.auxiliaryType(of: given) else {
      throw GraphError(
        .shapeMismatch, "what was saved, \(inputs[count]), isn't the network's", rule: forward.rule)
    }
    try TypeCheck.same(inputs[count + 1], output, "cotangent and output")
    return inputs[0]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    TensorType([forward.geometry(inputs).gradientCount], inputs[0].element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.recurrentGradientWorkspaceBytes(forward.geometry(inputs), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (inputs, count) = (context.inputs, forward.inputCount)
    let calls = Kernels.recurrentGradient(
      context.element, forward.geometry(inputs.map(\.type)),
      forward.operands(inputs, saved: inputs[count]), dy: inputs[count + 1].pointer,
      dx: context.output.pointer, gradients: context.auxiliary?.pointer,
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }
}

/// What recurrent networks may take besides projections and weights.
public struct RecurrentOptions: Sendable {
  /// Whether it goes from the last step to the first; each output stays at its own step.
  public var isReversed: Bool
  /// Whether the output is that of all steps, `[N, T, H]`, or the last state, `[N, H]`.
  public var isWhole: Bool
  /// After how many steps the gradient through the state is cut; `nil` for never.
  public var truncate: Int?
  /// `[N, T]`; where it is 0, the state stays as it is and the output is 0.
  public var mask: Value?
  /// `[N, H]`, by which the state is multiplied before each product: dropout, the same at all steps.
  public var factors: Value?

  public init(
    isReversed: Bool = false, isWhole: Bool = true, truncate: Int? = nil, mask: Value? = nil,
    factors: Value? = nil
  ) {
    self.isReversed = isReversed
    self.isWhole = isWhole
    self.truncate = truncate
    self.mask = mask
    self.factors = factors
  }
}

extension Graph {
  /// The states of a recurrent network after the last step that it took, `[N, H]` each: `h`, and of lstm `c`.
  ///
  /// No derivative goes through them.
  ///
  /// - Throws: `GraphError` when `y` is no output of `rnn`, `lstm` or `gru`.
  public mutating func finalStates(of y: Value) throws(GraphError) -> [Value] {
    guard case .primitive(let primitive) = nodes[y.index].origin,
      let network = primitive as? Recurrence, let saved = auxiliary(of: y)
    else {
      throw GraphError(
        .invalidSetting, "the value is no output of a recurrent network",
        rule: "only those have a last state", operation: "finalStates", scope: scope)
    }
    let geometry = network.geometry(nodes[y.index].inputs.map { type(of: $0) })
    let (batch, units) = (geometry.batch, geometry.units)
    let kept = try stopGradient(saved)
    var states: [Value] = []
    for index in 0..<network.cell.states {
      let start = geometry.firstFinalState + index * batch * units
      let flat = try slice(kept, axis: 0, start..<start + batch * units)
      states.append(try reshape(flat, to: [batch, units]))
    }
    return states
  }

  /// - Parameter leading: projection, weight and gru's bias.
  mutating func recur(
    _ cell: RecurrentCellKind, _ leading: [Value], states: [Value], _ options: RecurrentOptions
  ) throws(GraphError) -> Value {
    try apply(
      Recurrence(
        cell: cell, isReversed: options.isReversed, isWhole: options.isWhole,
        truncate: options.truncate, hasStates: !states.isEmpty, hasMask: options.mask != nil,
        hasFactors: options.factors != nil),
      leading + states + [options.mask, options.factors].compactMap { $0 })
  }
}

extension Recurrence {
  static var entries: [PrimitiveEntry] {
    [
      PrimitiveEntry("lstm", order: .first, cases: RecurrenceCase.all(.lstm).map(\.made)),
      PrimitiveEntry("lstm_gradient", isDerivativeOf: "lstm"),
      PrimitiveEntry("gru", order: .first, cases: RecurrenceCase.all(.gru).map(\.made)),
      PrimitiveEntry("gru_gradient", isDerivativeOf: "gru"),
      PrimitiveEntry(
        "rnn", order: .first,
        cases: (RecurrenceCase.all(.tanh) + RecurrenceCase.all(.relu)).map(\.made)),
      PrimitiveEntry("rnn_gradient", isDerivativeOf: "rnn"),
    ]
  }
}
