import Autodiff
import JSON

/// The cell of long short-term memory.
///
/// `i, f, o = σ(…)`, `g = tanh(…)`, `c' = f c + i g`, `h' = o tanh(c')`. Hochreiter and Schmidhuber 1997,
/// doi:10.1162/neco.1997.9.8.1735; the forget gate of Gers et al. 2000.
public enum LSTMCell: RecurrentCell {
  public static let gates = 4
  public static let states = 2

  public static let documentation = RecurrentFields.documentation(
    type: "lstm", summary: "Long short-term memory, trained through time.",
    formula: "i, f, o = sigmoid(W x + b + R h + b'), g = tanh(…), c = f c + i g, h = o tanh(c)",
    gates: "4H, in the order i f g o",
    source: "Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735. As torch.nn.LSTM.")

  public static func step(
    input: Value, recurrent: Value, state: [Value], in graph: inout Graph
  ) throws(GraphError) -> [Value] {
    let gates = try apart(graph.add(input, recurrent), in: &graph)
    let i = try graph.activation(.sigmoid, gates[0])
    let f = try graph.activation(.sigmoid, gates[1])
    let g = try graph.activation(.tanh, gates[2])
    let o = try graph.activation(.sigmoid, gates[3])
    let cell = try graph.add(graph.multiply(f, state[1]), graph.multiply(i, g))
    return [try graph.multiply(o, graph.activation(.tanh, cell)), cell]
  }
}

public typealias LSTM = Recurrent<LSTMCell>
