import Autodiff
import JSON

/// The cell of a plain recurrent network: `h' = f(W x + b + R h + b')`.
///
/// Elman 1990, doi:10.1207/s15516709cog1402_1.
public struct RNNCell: RecurrentCell {
  public static let gates = 1

  /// Which function the state goes through.
  public enum Function: String, CaseIterable, Sendable {
    case tanh, relu
  }

  public let function: Function

  private static let functionField = Field(
    "activation", .choice(Function.allCases.map(\.rawValue)), default: "tanh",
    "Which function the state goes through.")

  public static let documentation = RecurrentFields.documentation(
    type: "rnn", summary: "A plain recurrent network, trained through time.",
    formula: "h = f(W x + b + R h + b')", gates: "H", fields: [functionField],
    source: "Elman 1990, doi:10.1207/s15516709cog1402_1. As torch.nn.RNN.")

  public init(from reader: inout ObjectReader) {
    function = Function(rawValue: reader.choice(RNNCell.functionField)) ?? .tanh
  }

  public var configuration: [(String, JSON)] { [("activation", .string(function.rawValue))] }

  public func run(
    _ x: Value, _ parameters: RecurrentParameters, states: [Value], options: RecurrentOptions,
    in graph: inout Graph
  ) throws(GraphError) -> RecurrentRun {
    let y = try graph.rnn(
      parameters.projection(of: x, in: &graph), weight: parameters.weight.hidden,
      isRectified: function == .relu, state: states.first, options: options)
    return try RecurrentRun(y, carries: !states.isEmpty, in: &graph)
  }
}

public typealias RNN = Recurrent<RNNCell>
