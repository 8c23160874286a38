import Tensors

/// Where a window over one to three axes may stand; an extent an axis.
struct Window<Axes: SpatialAxes>: Hashable, Sendable {
  var size: [Int]
  var stride: [Int]
  var padding: [Int]
  var dilation: [Int]
  /// Zeros at the far ends beside the padding, where it can't be the same on both sides.
  var extra = Axes.repeated(0)
  /// Whether a last window may reach beyond the padding.
  var roundsUp = false

  static var rule: String {
    "output = floor((input + 2 padding - dilation (size - 1) - 1) / stride) + 1, at least 1"
  }

  /// The output's extents for an input's; 0 where the window doesn't fit.
  func output(_ input: [Int]) -> [Int] {
    input.indices.map { axis in
      let padded = input[axis] + 2 * padding[axis] + extra[axis]
      let room = padded - dilation[axis] * (size[axis] - 1) - 1
      guard room >= 0 else { return 0 }
      let count = room / stride[axis] + 1
      let isCut = room % stride[axis] != 0 && count * stride[axis] < input[axis] + padding[axis]
      return roundsUp && isCut ? count + 1 : count
    }
  }

  /// The output of an example, with `channels` channels.
  func output(of input: Shape, channels: Int, field: String) throws(ShapeFault) -> Shape {
    let output = Axes.shape(channels: channels, output(Axes.extents(of: input)))
    guard Axes.extents(of: output).allSatisfy({ $0 >= 1 }) else {
      throw ShapeFault(
        field: field,
        "a window of \(size) with dilation \(dilation) doesn't fit the input \(input) with padding "
          + "\(padding); the output would be \(output)",
        rule: Self.rule)
    }
    return output
  }
}

extension Array where Element == Int {
  var two: (Int, Int) { (self[0], self[1]) }
  var three: (Int, Int, Int) { (self[0], self[1], self[2]) }
}
