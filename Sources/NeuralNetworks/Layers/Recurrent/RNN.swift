import Autodiff
import JSON

/// The cell of a plain recurrent network: `h' = tanh(W x + b + R h + b')`.
///
/// Elman 1990, doi:10.1207/s15516709cog1402_1.
public enum RNNCell: RecurrentCell {
  public static let gates = 1

  public static let documentation = RecurrentFields.documentation(
    type: "rnn", summary: "A plain recurrent network, trained through time.",
    formula: "h = tanh(W x + b + R h + b')", gates: "H",
    source: "Elman 1990, doi:10.1207/s15516709cog1402_1. As torch.nn.RNN.")

  public static func step(
    input: Value, recurrent: Value, state: [Value], in graph: inout Graph
  ) throws(GraphError) -> [Value] {
    [try graph.activation(.tanh, graph.add(input, recurrent))]
  }
}

public typealias RNN = Recurrent<RNNCell>
