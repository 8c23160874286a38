import Autodiff
import JSON

/// The cell of a gated recurrent unit.
///
/// `r, z = σ(…)`, `n = tanh(W x + b + r (R h + b'))`, `h' = (1 - z) n + z h`. Cho et al. 2014, arXiv:1406.1078.
public enum GRUCell: RecurrentCell {
  public static let gates = 3

  public static let documentation = RecurrentFields.documentation(
    type: "gru", summary: "Gated recurrent units, trained through time.",
    formula:
      "r, z = sigmoid(W x + b + R h + b'), n = tanh(W x + b + r (R h + b')), h = (1 - z) n + z h",
    gates: "3H, in the order r z n",
    source: "Cho et al. 2014, arXiv:1406.1078. As torch.nn.GRU.")

  public static func step(
    input: Value, recurrent: Value, state: [Value], in graph: inout Graph
  ) throws(GraphError) -> [Value] {
    let x = try apart(input, in: &graph)
    let h = try apart(recurrent, in: &graph)
    let r = try graph.activation(.sigmoid, graph.add(x[0], h[0]))
    let z = try graph.activation(.sigmoid, graph.add(x[1], h[1]))
    let n = try graph.activation(.tanh, graph.add(x[2], graph.multiply(r, h[2])))
    return [try graph.add(n, graph.multiply(z, graph.subtract(state[0], n)))]
  }
}

public typealias GRU = Recurrent<GRUCell>
