import CVectorMath
import Tensors

/// A convolution over images that is computed without columns: vectors of filters meet single numbers of a bordered
/// image, so that neither the width of a line nor the border matters to the kernel.
struct DirectConvolution: Sendable {
  var images: Int
  var channels: Int
  var filters: Int
  /// Each an extent by height and by width.
  var input: (height: Int, width: Int)
  var size: (height: Int, width: Int)
  var output: (height: Int, width: Int)
  var stride: (height: Int, width: Int)
  var padding: (height: Int, width: Int)

  /// `nil` where columns and BLAS do better: with groups, dilation, volumes, or filters that would leave much of
  /// a vector idle.
  ///
  /// - Parameter isTransposed: the derivative by the input, which for a step of 1 is a convolution itself: of `dy`,
  ///   with the flipped kernel.
  init?(_ geometry: ConvolutionGeometry, isTransposed: Bool = false) {
    guard
      let plane = geometry.window.plane, geometry.groups == 1, !geometry.window.isPointwise,
      geometry.images > 0
    else { return nil }
    images = geometry.images
    (size, stride) = (plane.size, plane.stride)
    if isTransposed {
      guard
        stride == (1, 1), plane.padding.height < size.height, plane.padding.width < size.width
      else { return nil }
      (channels, filters) = (geometry.filters, geometry.channels)
      (input, output) = (plane.output, plane.input)
      padding = (size.height - 1 - plane.padding.height, size.width - 1 - plane.padding.width)
    } else {
      (channels, filters) = (geometry.channels, geometry.filters)
      (input, output, padding) = (plane.input, plane.output, plane.padding)
    }
    guard (1...2).contains(stride.width), filters >= 11 else { return nil }
  }

  /// Whether the derivative by the kernel has a kernel of its own.
  var hasKernelGradient: Bool { size.width == 3 }

  var taps: Int { size.height * size.width }
  var inputElements: Int { channels * input.height * input.width }
  var positions: Int { output.height * output.width }
  var outputElements: Int { filters * positions }
  var flops: Int { 2 * images * filters * positions * channels * taps }

  /// Filters of a vector; two of them are a block.
  static func lanes(_ element: ElementType) -> Int { Int(VM_FILTER_BYTES) / element.byteCount }

  func blocks(_ element: ElementType) -> Int {
    let block = 2 * Self.lanes(element)
    return (filters + block - 1) / block
  }

  /// Filters in whole vectors.
  func paddedFilters(_ element: ElementType) -> Int {
    let lanes = Self.lanes(element)
    return (filters + lanes - 1) / lanes * lanes
  }

  var borderedWidth: Int { (output.width - 1) * stride.width + size.width }

  /// Rows of the bordered image that so many lines of the output read.
  @inline(__always)
  func rows(_ lines: Int) -> Int { (lines - 1) * stride.height + size.height }

  /// Lines of the output that are made of one bordered part: what a cache near the core has room for.
  var linesAtOnce: Int {
    let rows = (1 << 16) / max(1, channels * borderedWidth)
    return min(output.height, max(1, (rows - size.height) / stride.height + 1))
  }

  /// Lines whose results lie side by side before they are turned.
  var productLines: Int { min(linesAtOnce, max(1, 256 / output.width)) }

  /// Elements in whole cache lines.
  private static func whole(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  var borderedElements: Int { Self.whole(channels * rows(linesAtOnce) * borderedWidth) }
  func productElements(_ element: ElementType) -> Int {
    productLines * output.width * 2 * Self.lanes(element)
  }
  func packedElements(_ element: ElementType) -> Int {
    Self.whole(paddedFilters(element) * (channels * taps + 1))
  }
  /// Elements of `dy` with its filters side by side, for as many lines as are bordered at a time.
  func turnedElements(_ element: ElementType) -> Int {
    paddedFilters(element) * linesAtOnce * output.width
  }
  func kernelElements(_ element: ElementType) -> Int {
    Self.whole(paddedFilters(element) * channels * taps)
  }

  /// Images are cut by shape alone, at most 8 tiles, each with a workspace.
  var tiling: Tiling {
    Tiling(count: images, grain: max(1, 4_000_000 / max(1, flops / images)), most: 8)
  }

  func workspaceBytes(_ element: ElementType) -> Int {
    (packedElements(element) + tiling.tiles * (borderedElements + productElements(element)))
      * element.byteCount
  }

  func kernelWorkspaceBytes(_ element: ElementType) -> Int {
    tiling.tiles * (borderedElements + turnedElements(element) + kernelElements(element))
      * element.byteCount
  }

  /// What C is told of some lines of the output.
  @inline(__always)
  func part(lines: Int, ofBorder bordered: Int) -> vm_convolution_part {
    vm_convolution_part(
      channels: Int64(channels), kh: Int64(size.height), kw: Int64(size.width),
      sh: Int64(stride.height), sw: Int64(stride.width), width: Int64(borderedWidth),
      plane: Int64(rows(bordered) * borderedWidth), lines: Int64(lines),
      places: Int64(output.width), lanes: 0)
  }

  /// The window as `vm_geometry` has it.
  var window: WindowGeometry {
    WindowGeometry(
      input: [input.height, input.width], size: [size.height, size.width],
      output: [output.height, output.width], stride: [stride.height, stride.width],
      padding: [padding.height, padding.width], dilation: [1, 1])
  }
}
