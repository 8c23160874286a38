import Kernels
import Tensors

/// Which windows of a tensor `[N, C, …]` a pooling operation takes together.
enum Pooling: Hashable, Sendable {
  case window([Int], Window)
  /// As many windows as the numbers say: place `i` of `O` along an axis of `L` elements is
  /// `floor(i L / O) ..< ceil((i + 1) L / O)`.
  case adaptive([Int])

  static let rule = "[N, C, …] -> [N, C, …], padding at most half the size"

  var axes: Int {
    switch self {
    case .window(_, let window): window.axes
    case .adaptive(let output): output.count
    }
  }

  var isAdaptive: Bool { if case .adaptive = self { true } else { false } }

  /// `adaptive_max_pool2d`, for the operation `max`.
  func name(_ operation: String) -> String {
    "\(isAdaptive ? "adaptive_" : "")\(operation)_pool\(axes)d"
  }

  func output(_ inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], axes + 2, "the input", rule: Pooling.rule)
    let shape = inputs[0].shape
    let extents = Array(shape.dimensions.dropFirst(2))
    let places: [Int]
    switch self {
    case .adaptive(let output):
      let limit = Int(Int32.max)
      guard output.allSatisfy({ (1...limit).contains($0) }) else {
        throw GraphError(
          .invalidSetting, "the output's extents are \(output)", rule: "each is from 1 to \(limit)")
      }
      places = output
    case .window(let size, let window):
      places = try window.output(extents, size: size)
      // A wider border would let a window lie in it as a whole, where nothing is the largest.
      guard zip(window.padding, size).allSatisfy({ $0 <= $1 / 2 }) else {
        throw GraphError(
          .invalidSetting, "the padding \(window.padding) is more than half the size \(size)",
          rule: Pooling.rule)
      }
      guard (0..<axes).allSatisfy({ window.padding[$0] == 0 || window.dilation[$0] <= extents[$0] })
      else {
        throw GraphError(
          .invalidSetting,
          "the dilation \(window.dilation) steps over \(extents), with padding \(window.padding)",
          rule: "with padding, the dilation is at most the axis")
      }
      try GraphError.check(work: [shape[0], shape[1]] + places + size)
    }
    return TensorType(Shape([shape[0], shape[1]] + places), inputs[0].element)
  }

  /// The windows of `input` as kernels want them.
  func geometry(_ input: Shape, _ output: Shape, countsPadding: Bool = false) -> PoolGeometry {
    let extents = Array(input.dimensions.dropFirst(2))
    let places = Array(output.dimensions.dropFirst(2))
    let window =
      switch self {
      case .window(let size, let window): window.geometry(extents, size: size, output: places)
      case .adaptive: WindowGeometry(input: extents, adaptedTo: places)
      }
    return PoolGeometry(
      planes: input[0] * input[1], window: window, isAdaptive: isAdaptive,
      countsPadding: countsPadding)
  }
}

/// A pooling operation's shape and windows.
struct PoolingCase {
  let shape: Shape
  let size: [Int]
  let window: Window

  init(
    _ shape: Shape, _ size: [Int], stride: [Int]? = nil, padding: [Int]? = nil,
    dilation: [Int]? = nil, roundsUp: Bool = false
  ) {
    self.shape = shape
    self.size = size
    window = Window(
      stride: stride ?? size, padding: padding, dilation: dilation, roundsUp: roundsUp)
  }

  var pooling: Pooling { .window(size, window) }

  /// As PyTorch's functions have them, without the dilation, which means cannot have.
  var settings: String {
    "\(size.tuple), stride=\(window.stride.tuple), padding=\(window.padding.tuple), "
      + "ceil_mode=\(window.roundsUp ? "True" : "False")"
  }

  /// For one, two and three axes; none has a dilation.
  static let all: [[PoolingCase]] = [
    [
      .init([2, 3, 6], [2]), .init([1, 2, 7], [3], stride: [2], padding: [1]),
      .init([2, 1, 5], [3], stride: [1], roundsUp: true), .init([1, 2, 1], [1]),
      .init([1, 1, 8], [3], stride: [3], padding: [1], roundsUp: true),
    ],
    [
      .init([2, 3, 4, 6], [2, 2]), .init([1, 2, 5, 5], [3, 3], stride: [2, 2], padding: [1, 1]),
      .init([2, 1, 5, 6], [3, 2], stride: [1, 1], padding: [0, 1]),
      .init([1, 1, 7, 3], [2, 3], stride: [3, 1], padding: [1, 0]),
      .init([1, 2, 5, 6], [2, 4], stride: [2, 3], padding: [0, 2], roundsUp: true),
      .init([3, 1, 1, 1], [1, 1]),
    ],
    [
      .init([1, 2, 4, 2, 4], [2, 2, 2]),
      .init([1, 2, 3, 3, 4], [3, 2, 3], stride: [1, 2, 2], padding: [1, 0, 1]),
      .init([2, 1, 5, 3, 2], [2, 1, 2], stride: [2, 2, 1], roundsUp: true),
      .init([1, 1, 3, 4, 3], [2, 3, 2], stride: [3, 1, 1], padding: [1, 1, 0]),
      .init([1, 2, 1, 1, 1], [1, 1, 1]),
    ],
  ]

  /// Shapes and the output's last axes, for adaptive pooling over one, two and three axes.
  static let adaptive: [[(Shape, [Int])]] = [
    [
      ([2, 3, 7], [3]), ([1, 2, 5], [1]), ([1, 1, 4], [4]), ([1, 2, 3], [5]), ([1, 1, 1], [2]),
    ],
    [
      ([2, 2, 5, 7], [2, 3]), ([1, 3, 4, 4], [1, 1]), ([1, 1, 6, 3], [3, 3]),
      ([1, 2, 2, 5], [3, 2]), ([2, 1, 1, 1], [1, 1]),
    ],
    [
      ([1, 2, 3, 4, 5], [2, 2, 2]), ([1, 1, 2, 3, 2], [1, 1, 1]), ([2, 1, 2, 2, 3], [2, 3, 1]),
      ([1, 2, 4, 1, 3], [2, 1, 3]), ([1, 1, 1, 1, 1], [1, 2, 1]),
    ],
  ]
}
