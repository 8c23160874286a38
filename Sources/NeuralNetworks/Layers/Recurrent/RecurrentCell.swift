import Autodiff
import JSON
import Tensors

/// What becomes of the state of a recurrent layer from step to step, and the members that say so.
public protocol RecurrentCell: Sendable {
  static var documentation: CatalogEntry { get }
  /// Rows of the weights for each unit.
  static var gates: Int { get }
  /// Tensors of `[N, H]` that go from step to step.
  static var states: Int { get }

  /// Reads what only this cell has.
  init(from reader: inout ObjectReader)

  var configuration: [(String, JSON)] { get }

  /// Whether each step is operations of the graph, of which there may not be too many.
  var isComposed: Bool { get }

  /// What is learned beside PyTorch's weights and biases, for one direction of one layer.
  ///
  /// - Parameter name: of layer and direction, such as `l0_reverse`.
  func parameters(name: String, units: Int, hasBias: Bool) -> [LayerParameter]

  /// One direction of one layer over whole sequences.
  ///
  /// - Parameter states: those before the first step, `[N, H]` each; none for zeros.
  /// - Returns: the output, and the states after the last step if some were given.
  /// - Shapes: x `[N, T, D]`, output `[N, T, H]`, or the last state, `[N, H]`, as the options say.
  func run(
    _ x: Value, _ parameters: RecurrentParameters, states: [Value], options: RecurrentOptions,
    in graph: inout Graph
  ) throws(GraphError) -> RecurrentRun
}

/// What a cell that ran along a sequence leaves.
public struct RecurrentRun: Sendable {
  public let output: Value
  /// After the last step, of which no derivative is taken; empty unless there were some before the first.
  public let states: [Value]

  /// - Parameter output: that of `Graph.rnn`, `lstm` or `gru`.
  init(_ output: Value, carries: Bool, in graph: inout Graph) throws(GraphError) {
    self.output = output
    states = carries ? try graph.finalStates(of: output) : []
  }

  init(_ output: Value, states: [Value]) {
    self.output = output
    self.states = states
  }
}

extension RecurrentCell {
  public static var states: Int { 1 }
  public var configuration: [(String, JSON)] { [] }
  public var isComposed: Bool { false }

  public func parameters(name: String, units: Int, hasBias: Bool) -> [LayerParameter] { [] }
}

/// What one direction of one recurrent layer learns.
public struct RecurrentParameters: Sendable {
  /// `[gates · H, D]` and `[gates · H, H]`.
  public let weight: (input: Value, hidden: Value)
  /// `[gates · H]` each.
  public let bias: (input: Value, hidden: Value)?
  /// What the cell has beside these.
  public let others: [Value]

  init(_ values: [Value], hasBias: Bool) {
    weight = (values[0], values[1])
    bias = hasBias ? (values[2], values[3]) : nil
    others = Array(values.dropFirst(hasBias ? 4 : 2))
  }

  /// The input's projections of all steps with both biases, `[N, T, gates · H]`, in one product.
  func projection(of x: Value, in graph: inout Graph) throws(GraphError) -> Value {
    var sum: Value?
    if let bias { sum = try graph.add(bias.input, bias.hidden) }
    return try graph.linear(x, weight: weight.input, bias: sum)
  }
}
