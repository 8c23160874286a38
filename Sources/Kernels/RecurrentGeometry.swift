import Tensors

/// What becomes of the state in one step of a recurrent network.
public enum RecurrentCellKind: String, Hashable, Sendable {
  /// Long short-term memory: gates i f g o.
  case lstm
  /// Gated recurrent unit: gates r z n, with PyTorch's place of the reset gate.
  case gru
  /// `h = tanh(x + R h)`.
  case tanh
  /// `h = max(0, x + R h)`.
  case relu

  /// Rows of the weight for each unit.
  public var gates: Int {
    switch self {
    case .lstm: 4
    case .gru: 3
    case .tanh, .relu: 1
    }
  }

  /// Numbers that the derivative reads of each unit and step, besides the state.
  public var saved: Int {
    switch self {
    case .lstm, .gru: 5
    case .tanh, .relu: 1
    }
  }

  /// Tensors of `[N, H]` that go from step to step.
  public var states: Int { self == .lstm ? 2 : 1 }
}

/// The extents of a recurrent network over whole sequences.
public struct RecurrentGeometry: Hashable, Sendable {
  public var cell: RecurrentCellKind
  public var batch: Int
  public var length: Int
  public var units: Int
  /// Whether it goes from the last step to the first.
  public var isReversed: Bool
  /// Whether the output is that of all steps, `[N, T, H]`, or the last state, `[N, H]`.
  public var isWhole: Bool
  /// After how many steps the gradient through the state is cut.
  public var truncate: Int?

  public init(
    cell: RecurrentCellKind, batch: Int, length: Int, units: Int, isReversed: Bool, isWhole: Bool,
    truncate: Int?
  ) {
    self.cell = cell
    self.batch = batch
    self.length = length
    self.units = units
    self.isReversed = isReversed
    self.isWhole = isWhole
    self.truncate = truncate
  }

  /// Gates times units.
  var rows: Int { cell.gates * units }

  /// Elements that the forward pass keeps: for the derivative gates, `[N, T, saved · H]`, and the states that
  /// the products were made of, `[N, T, H]`; then the states after the last step, `[N, H]` each.
  public var savedCount: Int { firstFinalState + cell.states * batch * units }

  /// Where the states after the last step begin.
  public var firstFinalState: Int { batch * length * (cell.saved + 1) * units }

  /// Elements of the derivatives by the weight, `[gates · H, H]`, by the initial states, `[N, H]` each, and for
  /// gru by its bias, `[gates · H]`.
  public var gradientCount: Int {
    rows * units + cell.states * batch * units + (cell == .gru ? rows : 0)
  }

  /// Rows of the batch, which never meet, cut by shape alone; 16 of them make the weight worth reading.
  var tiling: Tiling { Tiling(count: batch, grain: 16, multiple: 2, most: 8) }

  /// The time of the step that is taken as number `index`.
  @inline(__always)
  func time(_ index: Int) -> Int { isReversed ? length - 1 - index : index }

  /// Whether no gradient goes from the step that is taken as number `index` to the one before.
  @inline(__always)
  func isCut(_ index: Int) -> Bool {
    guard let truncate else { return false }
    return index > 0 && index % truncate == 0
  }
}

/// Where the tensors of a recurrent network lie.
public struct RecurrentOperands: @unchecked Sendable {
  /// `[N, T, gates · H]`: the input's projection, with all biases but gru's.
  public var input: UnsafeMutableRawPointer
  /// `[gates · H, H]`.
  public var weight: UnsafeMutableRawPointer
  /// `[gates · H]`, of gru alone.
  public var bias: UnsafeMutableRawPointer?
  /// `[N, H]`, zeros when absent; the second one is lstm's cell.
  public var states: [UnsafeMutableRawPointer]
  /// `[N, T]`; 0 leaves the state as it is.
  public var mask: UnsafeMutableRawPointer?
  /// `[N, H]`, by which the state is multiplied before each product.
  public var kept: UnsafeMutableRawPointer?
  /// `nil` when no derivative wants it.
  public var saved: UnsafeMutableRawPointer?

  public init(
    input: UnsafeMutableRawPointer, weight: UnsafeMutableRawPointer,
    bias: UnsafeMutableRawPointer?, states: [UnsafeMutableRawPointer],
    mask: UnsafeMutableRawPointer?, kept: UnsafeMutableRawPointer?,
    saved: UnsafeMutableRawPointer?
  ) {
    self.input = input
    self.weight = weight
    self.bias = bias
    self.states = states
    self.mask = mask
    self.kept = kept
    self.saved = saved
  }
}
