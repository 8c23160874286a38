import Autodiff
import JSON
import Tensors

/// A cell run along a sequence, and differentiated through time.
///
/// The input's projections of all steps are one product; each step then takes the state's.
///
/// - Shapes: input `[N, T, D]`, output `[N, T, H]` or, without `return_sequences`, the last step's `[N, H]`; twice
///   `H` when bidirectional.
/// - Parameters: `weight_ih_l0 [gates · H, D]`, `weight_hh_l0 [gates · H, H]`, `bias_ih_l0`, `bias_hh_l0`, and so on, as
///   PyTorch's `nn.LSTM`, `nn.GRU` and `nn.RNN`.
public struct Recurrent<Cell: RecurrentCell>: Layer {
  public let units: Int
  public let layers: Int
  public let bidirectional: Bool
  public let dropout: Double
  public let returnSequences: Bool
  public let truncate: Int?
  public let bias: Bool

  public static var documentation: CatalogEntry { Cell.documentation }
  public static var shapeFields: [String] { ["units", "bidirectional", "return_sequences"] }

  public init(from reader: inout ObjectReader) {
    units = reader.integer(RecurrentFields.units)
    layers = reader.integer(RecurrentFields.layers)
    bidirectional = reader.bool(RecurrentFields.bidirectional)
    dropout = reader.double(RecurrentFields.dropout)
    returnSequences = reader.bool(RecurrentFields.returnSequences)
    truncate = reader.integer("truncate", in: 1...LayerLimits.elements)
    bias = reader.bool(CommonFields.bias)
  }

  public var configuration: [(String, JSON)] {
    [
      ("units", .integer(units)), ("layers", .integer(layers)),
      ("bidirectional", .bool(bidirectional)), ("dropout", .number(dropout)),
      ("return_sequences", .bool(returnSequences)),
    ] + (truncate.map { [("truncate", .integer($0))] } ?? []) + [("bias", .bool(bias))]
  }

  private var directions: Int { bidirectional ? 2 : 1 }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try OneAxis.check(inputs[0], Self.type, to: "[T, units] or [units]")
    // Each step is a few operations of the graph.
    guard inputs[0][0] * layers * directions <= LayerLimits.steps else {
      throw ShapeFault(
        "the input \(inputs[0]) takes \(inputs[0][0] * layers * directions) steps",
        rule: "at most \(LayerLimits.steps) steps in all layers and directions")
    }
    let width = units * directions
    return returnSequences ? [inputs[0][0], width] : [width]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let bound = 1 / Double(units).squareRoot()
    let initializer = Initializer.uniform(low: -bound, high: bound)
    let rows = Cell.gates * units
    var parameters: [LayerParameter] = []
    for layer in 0..<layers {
      let width = layer == 0 ? inputs[0][1] : units * directions
      for suffix in ["", "_reverse"].prefix(directions) {
        let name = "l\(layer)\(suffix)"
        parameters.append(LayerParameter("weight_ih_\(name)", [rows, width], initializer))
        parameters.append(LayerParameter("weight_hh_\(name)", [rows, units], initializer))
        guard bias else { continue }
        parameters.append(LayerParameter("bias_ih_\(name)", [rows], initializer))
        parameters.append(LayerParameter("bias_hh_\(name)", [rows], initializer))
      }
    }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let rows = Cell.gates * units
    return (0..<layers).reduce(0) { sum, layer in
      let width = layer == 0 ? inputs[0][1] : units * directions
      return sum + inputs[0][0] * directions * (2 * rows * (width + units) + 8 * rows)
    }
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var x = inputs[0]
    var rest = parameters[...]
    for layer in 0..<layers {
      if layer > 0, dropout > 0, context.mode == .training {
        x = try graph.dropout(x, rate: dropout, stream: "\(context.layer).\(layer)")
      }
      let isLast = layer == layers - 1
      var outputs: [Value] = []
      for direction in 0..<directions {
        let own = Array(rest.prefix(bias ? 4 : 2))
        rest = rest.dropFirst(own.count)
        outputs.append(
          try run(
            x, own, isReversed: direction == 1, isWhole: returnSequences || !isLast, in: &graph))
      }
      x = outputs.count == 1 ? outputs[0] : try graph.concatenate(outputs, axis: -1)
    }
    return x
  }

  /// One direction of one layer; all outputs `[N, T, H]`, or the last one `[N, H]`.
  private func run(
    _ x: Value, _ parameters: [Value], isReversed: Bool, isWhole: Bool, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let (batch, length) = (shape[0], shape[1])
    // Steps first, so that each step's rows lie together.
    let turned = try graph.reshape(
      graph.transpose(x, axes: [1, 0, 2]), to: [length * batch, shape[2]])
    let projected = try graph.split(
      graph.linear(turned, weight: parameters[0], bias: bias ? parameters[2] : nil),
      lengths: [Int](repeating: batch, count: length), axis: 0)
    let zero = graph.constant(Tensor.table([batch, units], graph.element) { _ in 0 })
    var state = [Value](repeating: zero, count: Cell.states)
    var outputs: [Value] = []
    for (count, step) in (isReversed ? Array((0..<length).reversed()) : Array(0..<length))
      .enumerated()
    {
      if let truncate, count > 0, count % truncate == 0 {
        for index in state.indices { state[index] = try graph.stopGradient(state[index]) }
      }
      let recurrent = try graph.linear(
        state[0], weight: parameters[1], bias: bias ? parameters[3] : nil)
      state = try Cell.step(
        input: projected[step], recurrent: recurrent, state: state, in: &graph)
      outputs.append(state[0])
    }
    guard isWhole else { return state[0] }
    let ordered = isReversed ? outputs.reversed() : outputs
    return try graph.transpose(graph.stack(ordered, axis: 0), axes: [1, 0, 2])
  }
}
