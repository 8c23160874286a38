import Autodiff
import JSON
import Tensors

/// A cell run along a sequence, and differentiated through time.
///
/// The input's projections of all steps are one product; the rest is one operation for each layer and direction.
///
/// - Shapes: input `[N, T, D]`, output `[N, T, H]` or, without `return_sequences`, the last step's `[N, H]`; twice
///   `H` when bidirectional.
/// - Parameters: `weight_ih_l0 [gates · H, D]`, `weight_hh_l0 [gates · H, H]`, `bias_ih_l0`, `bias_hh_l0`, and so on, as
///   PyTorch's `nn.LSTM`, `nn.GRU` and `nn.RNN`, and then what the cell has beside them.
public struct Recurrent<Cell: RecurrentCell>: Layer {
  public let units: Int
  public let layers: Int
  public let bidirectional: Bool
  public let dropout: Double
  public let recurrentDropout: Double
  public let returnSequences: Bool
  public let truncate: Int?
  public let stateful: Bool
  public let bias: Bool
  /// `nil` for PyTorch's.
  public let initializer: Initializer?
  /// Of the state's weights; `nil` for that of the others.
  public let recurrentInitializer: Initializer?
  /// `nil` for PyTorch's.
  public let biasInitializer: Initializer?
  public let cell: Cell

  public static var documentation: CatalogEntry { Cell.documentation }
  public static var masking: Masking { .uses }
  public static var shapeFields: [String] { ["units", "bidirectional", "return_sequences"] }

  public init(from reader: inout ObjectReader) {
    units = reader.integer(RecurrentFields.units)
    layers = reader.integer(RecurrentFields.layers)
    bidirectional = reader.bool(RecurrentFields.bidirectional)
    dropout = reader.double(RecurrentFields.dropout)
    recurrentDropout = reader.double(RecurrentFields.recurrentDropout)
    returnSequences = reader.bool(RecurrentFields.returnSequences)
    truncate = reader.integer("truncate", in: 1...LayerLimits.elements)
    stateful = reader.bool(RecurrentFields.stateful)
    if stateful, bidirectional {
      reader.fault(
        "stateful",
        "a layer that reads backwards begins with what comes later; leave out stateful or bidirectional"
      )
    }
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(RecurrentFields.initializer)
    recurrentInitializer = reader.initializer(RecurrentFields.recurrentInitializer)
    biasInitializer = reader.initializer(RecurrentFields.biasInitializer)
    cell = Cell(from: &reader)
  }

  public var configuration: [(String, JSON)] {
    var members: [(String, JSON)] = [
      ("units", .integer(units)), ("layers", .integer(layers)),
      ("bidirectional", .bool(bidirectional)), ("dropout", .number(dropout)),
      ("recurrent_dropout", .number(recurrentDropout)),
      ("return_sequences", .bool(returnSequences)),
    ]
    if let truncate { members.append(("truncate", .integer(truncate))) }
    members += [("stateful", .bool(stateful)), ("bias", .bool(bias))]
    let initializers = [
      (RecurrentFields.initializer, initializer),
      (RecurrentFields.recurrentInitializer, recurrentInitializer),
      (RecurrentFields.biasInitializer, biasInitializer),
    ]
    for case (let field, let initializer?) in initializers {
      members.append((field.name, initializer.json))
    }
    return members + cell.configuration
  }

  private var directions: Int { bidirectional ? 2 : 1 }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try OneAxis.check(inputs[0], Self.type, to: "[T, units] or [units]")
    let steps = inputs[0][0] * layers * directions
    guard !cell.isComposed || steps <= LayerLimits.steps else {
      throw ShapeFault(
        "the input \(inputs[0]) takes \(steps) steps",
        rule: "at most \(LayerLimits.steps) steps in all layers and directions")
    }
    let width = units * directions
    return returnSequences ? [inputs[0][0], width] : [width]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let bound = 1 / Double(units).squareRoot()
    let standard = Initializer.uniform(low: -bound, high: bound)
    let initializer = initializer ?? standard
    let ofState = recurrentInitializer ?? initializer
    let ofBiases = biasInitializer ?? standard
    let rows = Cell.gates * units
    var parameters: [LayerParameter] = []
    for layer in 0..<layers {
      let width = layer == 0 ? inputs[0][1] : units * directions
      for suffix in ["", "_reverse"].prefix(directions) {
        let name = "l\(layer)\(suffix)"
        parameters.append(LayerParameter("weight_ih_\(name)", [rows, width], initializer))
        parameters.append(LayerParameter("weight_hh_\(name)", [rows, units], ofState))
        if bias {
          parameters.append(LayerParameter("bias_ih_\(name)", [rows], ofBiases))
          parameters.append(LayerParameter("bias_hh_\(name)", [rows], ofBiases))
        }
        parameters += cell.parameters(name: name, units: units, hasBias: bias)
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
    let count = parameters.count / (layers * directions)
    for layer in 0..<layers {
      if layer > 0, dropout > 0, context.mode == .training {
        x = try graph.dropout(x, rate: dropout, stream: "\(context.layer).\(layer)")
      }
      var outputs: [Value] = []
      for direction in 0..<directions {
        let own = RecurrentParameters(Array(rest.prefix(count)), hasBias: bias)
        rest = rest.dropFirst(count)
        let options = RecurrentOptions(
          isReversed: direction == 1, isWhole: returnSequences || layer < layers - 1,
          truncate: truncate, mask: context.mask(),
          factors: try factors(
            stream: "\(context.layer).\(layer).\(direction).state", context, in: &graph))
        let before = stateful ? states("\(context.layer).l\(layer)", context, in: &graph) : []
        let run = try cell.run(x, own, states: before, options: options, in: &graph)
        for (state, value) in zip(before, run.states) { try graph.update(state, to: value) }
        outputs.append(run.output)
      }
      x = outputs.count == 1 ? outputs[0] : try graph.concatenate(outputs, axis: -1)
    }
    return x
  }

  /// What the batch before left.
  private func states(
    _ name: String, _ context: ForwardContext, in graph: inout Graph
  ) -> [Value] {
    ["h", "c"].prefix(Cell.states).map { graph.state("\(name).\($0)", [context.batch, units]) }
  }

  /// By what the state is multiplied at all steps, `[N, H]`; `nil` for nothing.
  private func factors(
    stream: String, _ context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    guard recurrentDropout > 0, context.mode == .training else { return nil }
    return try graph.dropoutFactors(
      [context.batch, units], rate: recurrentDropout, stream: stream)
  }
}
