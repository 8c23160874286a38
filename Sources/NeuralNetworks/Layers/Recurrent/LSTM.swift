import Autodiff
import JSON

/// The cell of long short-term memory.
///
/// `i, f, o = σ(…)`, `g = tanh(…)`, `c' = f c + i g`, `h' = o tanh(c')`. Hochreiter and Schmidhuber 1997,
/// doi:10.1162/neco.1997.9.8.1735; the forget gate of Gers et al. 2000.
public struct LSTMCell: RecurrentCell {
  public static let gates = 4
  public static let states = 2

  /// Whether projections and cell are normalised in each step.
  public let layerNorm: Bool

  private static let layerNormField = Field(
    "layer_norm", .boolean, default: false,
    """
    Whether both projections and the cell are normalised over the units in each step, with the biases behind the \
    norms (Ba, Kiros and Hinton 2016, arXiv:1607.06450); slower, as each step is operations of its own.
    """)

  public static let documentation = RecurrentFields.documentation(
    type: "lstm", summary: "Long short-term memory, trained through time.",
    formula: "i, f, o = sigmoid(W x + b + R h + b'), g = tanh(…), c = f c + i g, h = o tanh(c)",
    gates: "4H, in the order i f g o", fields: [layerNormField],
    weights: [
      "norm_ih_l0.weight [4H]", "norm_hh_l0.weight [4H]", "norm_c_l0.weight [H]",
      "norm_c_l0.bias [H]", "(the last four with layer_norm)",
    ],
    source: "Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735. As torch.nn.LSTM.")

  public init(from reader: inout ObjectReader) {
    layerNorm = reader.bool(LSTMCell.layerNormField)
  }

  public var configuration: [(String, JSON)] { [("layer_norm", .bool(layerNorm))] }

  public var isComposed: Bool { layerNorm }

  public func parameters(name: String, units: Int, hasBias: Bool) -> [LayerParameter] {
    layerNorm ? NormalizedLSTM.parameters(name: name, units: units, hasBias: hasBias) : []
  }

  public func run(
    _ x: Value, _ parameters: RecurrentParameters, states: [Value], options: RecurrentOptions,
    in graph: inout Graph
  ) throws(GraphError) -> RecurrentRun {
    if layerNorm {
      return try NormalizedLSTM(parameters).run(x, states: states, options: options, in: &graph)
    }
    let y = try graph.lstm(
      parameters.projection(of: x, in: &graph), weight: parameters.weight.hidden,
      states: states.isEmpty ? nil : (states[0], states[1]), options: options)
    return try RecurrentRun(y, carries: !states.isEmpty, in: &graph)
  }
}

public typealias LSTM = Recurrent<LSTMCell>
