import Kernels
import Tensors

/// How a kernel or window moves over an image.
struct Window2D: Hashable, Sendable {
  struct Extent: Hashable, Sendable, CustomStringConvertible {
    var height: Int
    var width: Int

    init(_ pair: (Int, Int)) { (height, width) = pair }
    var description: String { "[\(height), \(width)]" }
  }

  var stride: Extent
  var padding: Extent
  var dilation: Extent

  static let rule = "H' = floor((H + 2 padding - dilation (size - 1) - 1) / stride) + 1, at least 1"
  private static let limit = 1 << 20

  init(
    stride: (Int, Int), padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1)
  ) {
    self.stride = Extent(stride)
    self.padding = Extent(padding)
    self.dilation = Extent(dilation)
  }

  /// How many places a window of `size` has on an image.
  func output(height: Int, width: Int, size: (Int, Int)) throws(GraphError) -> (Int, Int) {
    for (name, extent, least) in [
      ("stride", stride, 1), ("dilation", dilation, 1), ("padding", padding, 0),
    ] {
      let range = least...Window2D.limit
      guard range.contains(extent.height), range.contains(extent.width) else {
        throw GraphError(
          .invalidSetting, "the \(name) is \(extent)",
          rule: "\(name) is from \(least) to \(Window2D.limit)")
      }
    }
    let size = Extent(size)
    guard (1...Window2D.limit).contains(size.height), (1...Window2D.limit).contains(size.width)
    else {
      throw GraphError(
        .invalidSetting, "the window is \(size)", rule: "it is from 1 to \(Window2D.limit)")
    }
    let rows = height + 2 * padding.height - dilation.height * (size.height - 1) - 1
    let columns = width + 2 * padding.width - dilation.width * (size.width - 1) - 1
    guard rows >= 0, columns >= 0 else {
      throw GraphError(
        .shapeMismatch,
        "a window of \(size) with dilation \(dilation) doesn't fit an image of [\(height), \(width)] "
          + "with padding \(padding)",
        rule: Window2D.rule)
    }
    return (rows / stride.height + 1, columns / stride.width + 1)
  }

  /// The extents as kernels want them.
  ///
  /// - Precondition: `output` is what `output(height:width:size:)` says.
  func geometry(
    _ input: Shape, _ kernel: Shape, _ output: Shape, _ groups: Int
  ) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: input, kernel: kernel, output: output, groups: groups,
      stride: (stride.height, stride.width), padding: (padding.height, padding.width),
      dilation: (dilation.height, dilation.width))
  }
}
