import Autodiff
import JSON

/// The cell of a gated recurrent unit.
///
/// `r, z = σ(…)`, `n = tanh(W x + b + r (R h + b'))`, `h' = (1 - z) n + z h`. Cho et al. 2014, arXiv:1406.1078.
public struct GRUCell: RecurrentCell {
  public static let gates = 3

  public static let documentation = RecurrentFields.documentation(
    type: "gru", summary: "Gated recurrent units, trained through time.",
    formula:
      "r, z = sigmoid(W x + b + R h + b'), n = tanh(W x + b + r (R h + b')), h = (1 - z) n + z h",
    gates: "3H, in the order r z n",
    source: "Cho et al. 2014, arXiv:1406.1078. As torch.nn.GRU.")

  public init(from reader: inout ObjectReader) {}

  public func run(
    _ x: Value, _ parameters: RecurrentParameters, states: [Value], options: RecurrentOptions,
    in graph: inout Graph
  ) throws(GraphError) -> RecurrentRun {
    // The reset gate takes the state's bias too, so that it can't join the input's.
    let y = try graph.gru(
      graph.linear(x, weight: parameters.weight.input, bias: parameters.bias?.input),
      weight: parameters.weight.hidden, bias: parameters.bias?.hidden, state: states.first,
      options: options)
    return try RecurrentRun(y, carries: !states.isEmpty, in: &graph)
  }
}

public typealias GRU = Recurrent<GRUCell>
