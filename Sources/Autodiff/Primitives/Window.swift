import Kernels
import Tensors

/// How a kernel or window moves over the last axes of a tensor `[N, C, …]`, one to three of them.
struct Window: Hashable, Sendable {
  let stride: [Int]
  let padding: [Int]
  let dilation: [Int]
  /// Whether a last place counts that only begins inside, as `ceil_mode` of PyTorch's pooling.
  let roundsUp: Bool

  static let rule = "L' = floor((L + 2 padding - dilation (size - 1) - 1) / stride) + 1, at least 1"
  private static let limit = 1 << 20

  var axes: Int { stride.count }

  init(
    stride: [Int], padding: [Int]? = nil, dilation: [Int]? = nil, roundsUp: Bool = false
  ) {
    self.stride = stride
    self.padding = padding ?? stride.map { _ in 0 }
    self.dilation = dilation ?? stride.map { _ in 1 }
    self.roundsUp = roundsUp
  }

  /// The last axes of a tensor of this rank that windows move over.
  func extents(of shape: Shape) -> [Int] { Array(shape.dimensions.suffix(axes)) }

  /// Settings that can be counted with.
  func check(size: [Int]) throws(GraphError) {
    for (name, numbers, least) in [
      ("stride", stride, 1), ("dilation", dilation, 1), ("padding", padding, 0),
      ("window", size, 1),
    ] {
      let range = least...Window.limit
      guard numbers.count == axes, numbers.allSatisfy({ range.contains($0) }) else {
        throw GraphError(
          .invalidSetting, "the \(name) is \(numbers)",
          rule: "\(name) is from \(least) to \(Window.limit)")
      }
    }
  }

  /// How many places a window of `size` has along each axis.
  func output(_ extents: [Int], size: [Int]) throws(GraphError) -> [Int] {
    try check(size: size)
    var places: [Int] = []
    for axis in 0..<axes {
      let room =
        extents[axis] + 2 * padding[axis] - dilation[axis] * (size[axis] - 1) - 1
      guard room >= 0 else {
        throw GraphError(
          .shapeMismatch,
          "a window of \(size) with dilation \(dilation) doesn't fit \(extents) "
            + "with padding \(padding)",
          rule: Window.rule)
      }
      var count = room / stride[axis] + 1
      if roundsUp, room % stride[axis] != 0, count * stride[axis] < extents[axis] + padding[axis] {
        count += 1
      }
      places.append(count)
    }
    return places
  }

  /// The windows as kernels want them.
  ///
  /// - Precondition: `output` is what `output(_:size:)` says.
  func geometry(_ extents: [Int], size: [Int], output: [Int]) -> WindowGeometry {
    WindowGeometry(
      input: extents, size: size, output: output, stride: stride, padding: padding,
      dilation: dilation)
  }
}

extension GraphError {
  /// Refuses what makes more work than can be counted.
  static func check(work factors: [Int]) throws(GraphError) {
    guard let work = Shape(factors).checkedCount, work <= Int.max / 128 else {
      throw GraphError(
        .tooLarge, "the windows have more elements than can be counted",
        rule: "all places together have at most \(Int.max / 128)")
    }
  }
}

extension [Int] {
  /// As PyTorch has settings: `(2, 1)`.
  var tuple: String {
    count == 1 ? "(\(self[0]),)" : "(\(map(String.init).joined(separator: ", ")))"
  }
}
