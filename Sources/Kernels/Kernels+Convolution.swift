import COpenBLAS
import CVectorMath
import Tensors

/// A two-dimensional convolution's extents.
public struct ConvolutionGeometry: Hashable, Sendable {
  public var images: Int
  public var channels: Int
  public var height: Int
  public var width: Int
  public var filters: Int
  public var groups: Int
  public var kernel: (height: Int, width: Int) { (kernelHeight, kernelWidth) }
  var kernelHeight: Int
  var kernelWidth: Int
  public var outputHeight: Int
  public var outputWidth: Int
  var strideHeight: Int
  var strideWidth: Int
  var paddingHeight: Int
  var paddingWidth: Int
  var dilationHeight: Int
  var dilationWidth: Int

  /// - Parameters:
  ///   - input: `[N, C, H, W]`.
  ///   - kernel: `[filters, C/groups, kh, kw]`.
  ///   - output: `[N, filters, H', W']`.
  public init(
    input: Shape, kernel: Shape, output: Shape, groups: Int, stride: (Int, Int),
    padding: (Int, Int), dilation: (Int, Int)
  ) {
    images = input[0]
    channels = input[1]
    height = input[2]
    width = input[3]
    filters = kernel[0]
    self.groups = groups
    kernelHeight = kernel[2]
    kernelWidth = kernel[3]
    outputHeight = output[2]
    outputWidth = output[3]
    (strideHeight, strideWidth) = stride
    (paddingHeight, paddingWidth) = padding
    (dilationHeight, dilationWidth) = dilation
  }

  var positions: Int { outputHeight * outputWidth }
  var taps: Int { channels / groups * kernelHeight * kernelWidth }
  var imageElements: Int { channels * height * width }
  var outputElements: Int { filters * positions }
  var kernelElements: Int { filters * taps }
  public var flops: Int { 2 * images * filters * positions * taps }

  /// Whether the columns of an image are the image.
  var isPointwise: Bool {
    kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1
      && paddingHeight == 0 && paddingWidth == 0
  }

  var columnElements: Int { isPointwise ? 0 : channels * kernelHeight * kernelWidth * positions }

  /// Images are cut by shape alone, at most 8 tiles, each with a workspace.
  var tiling: Tiling {
    Tiling(count: images, grain: max(1, 4_000_000 / max(1, flops / images)), most: 8)
  }

  /// Runs a body with the numbers of one image as C wants them.
  func withNumbers(_ body: (UnsafePointer<Int64>?) -> Void) {
    var numbers = InlineArray<13, Int64>(repeating: 0)
    numbers[0] = Int64(channels)
    numbers[1] = Int64(height)
    numbers[2] = Int64(width)
    numbers[3] = Int64(kernelHeight)
    numbers[4] = Int64(kernelWidth)
    numbers[5] = Int64(outputHeight)
    numbers[6] = Int64(outputWidth)
    numbers[7] = Int64(strideHeight)
    numbers[8] = Int64(strideWidth)
    numbers[9] = Int64(paddingHeight)
    numbers[10] = Int64(paddingWidth)
    numbers[11] = Int64(dilationHeight)
    numbers[12] = Int64(dilationWidth)
    numbers.span.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

/// What convolutions need of an element type.
protocol ConvolutionElement {
  static func columns(
    _ x: UnsafePointer<Self>, _ columns: UnsafeMutablePointer<Self>, _ g: ConvolutionGeometry)
  static func image(
    _ columns: UnsafePointer<Self>, _ x: UnsafeMutablePointer<Self>, _ g: ConvolutionGeometry)
  static func product(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>,
    _ b: UnsafePointer<Self>, _ beta: Self, _ c: UnsafeMutablePointer<Self>)
  static func apply(
    _ function: Int32, _ parameter: Double, _ y: UnsafeMutablePointer<Self>, _ count: Int)
  static func addPartials(
    _ partials: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, parts: Int, count: Int,
    range: Range<Int>)
}

extension Float: ConvolutionElement {
  static func columns(
    _ x: UnsafePointer<Float>, _ columns: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry
  ) { g.withNumbers { vm_im2col_f32(x, columns, $0) } }
  static func image(
    _ columns: UnsafePointer<Float>, _ x: UnsafeMutablePointer<Float>, _ g: ConvolutionGeometry
  ) { g.withNumbers { vm_col2im_f32(columns, x, $0) } }
  static func product(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int,
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
      transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a,
      Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), beta, c, Int32(n))
  }
  static func apply(
    _ function: Int32, _ parameter: Double, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) { vm_unary_f32(function, Float(parameter), y, y, Int64(count)) }
  static func addPartials(
    _ partials: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, parts: Int, count: Int,
    range: Range<Int>
  ) {
    vm_add_partials_f32(
      partials, y, Int64(parts), Int64(count), Int64(range.lowerBound), Int64(range.upperBound))
  }
}

extension Double: ConvolutionElement {
  static func columns(
    _ x: UnsafePointer<Double>, _ columns: UnsafeMutablePointer<Double>, _ g: ConvolutionGeometry
  ) { g.withNumbers { vm_im2col_f64(x, columns, $0) } }
  static func image(
    _ columns: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, _ g: ConvolutionGeometry
  ) { g.withNumbers { vm_col2im_f64(columns, x, $0) } }
  static func product(
    _ transposeA: Bool, _ transposeB: Bool, _ m: Int, _ n: Int, _ k: Int,
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ beta: Double,
    _ c: UnsafeMutablePointer<Double>
  ) {
    cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
      transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a,
      Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), beta, c, Int32(n))
  }
  static func apply(
    _ function: Int32, _ parameter: Double, _ y: UnsafeMutablePointer<Double>, _ count: Int
  ) { vm_unary_f64(function, parameter, y, y, Int64(count)) }
  static func addPartials(
    _ partials: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, parts: Int, count: Int,
    range: Range<Int>
  ) {
    vm_add_partials_f64(
      partials, y, Int64(parts), Int64(count), Int64(range.lowerBound), Int64(range.upperBound))
  }
}

extension Kernels {
  struct ConvolutionArguments {
    var geometry: ConvolutionGeometry
    var x: UnsafeMutableRawPointer
    var kernel: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var bias: UnsafeMutableRawPointer?
    var function: Int32
    var parameter: Double
    var workspace: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// Bytes for the columns of an image a tile.
  public static func convolutionWorkspaceBytes(
    _ geometry: ConvolutionGeometry, _ element: ElementType
  ) -> Int { geometry.tiling.tiles * geometry.columnElements * element.byteCount }

  /// `y = f(x ⋆ kernel + bias)`, image by image through columns.
  public static func convolution(
    _ name: String, _ element: ElementType, _ geometry: ConvolutionGeometry,
    x: UnsafeMutableRawPointer, kernel: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    y: UnsafeMutableRawPointer, then function: Function?, workspace: UnsafeMutableRawPointer
  ) -> KernelCall {
    _ = BLAS.isReady
    let arguments = ConvolutionArguments(
      geometry: geometry, x: x, kernel: kernel, y: y, bias: bias, function: function?.code ?? -1,
      parameter: function?.parameter ?? 0, workspace: workspace, tiling: geometry.tiling)
    return Kernel(
      name, tiles: geometry.tiling.tiles, flops: geometry.flops,
      bytes: bytes(
        geometry.images * (geometry.imageElements + geometry.outputElements), element),
      arguments: arguments,
      for: element, double: { forward($0, $1, Double.self) },
      single: { forward($0, $1, Float.self) })
  }

  @inline(__always)
  private static func forward<Element: ConvolutionElement & BinaryFloatingPoint>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let kernel = a.kernel.assumingMemoryBound(to: Element.self)
    let (groupFilters, groupRows) = (g.filters / g.groups, g.taps * g.positions)
    for image in a.tiling.range(tile) {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * g.imageElements
      let y = a.y.assumingMemoryBound(to: Element.self) + image * g.outputElements
      if !g.isPointwise { Element.columns(x, columns, g) }
      if let bias = a.bias?.assumingMemoryBound(to: Element.self) {
        for filter in 0..<g.filters {
          (y + filter * g.positions).update(repeating: bias[filter], count: g.positions)
        }
      }
      for group in 0..<g.groups {
        Element.product(
          false, false, groupFilters, g.positions, g.taps, kernel + group * groupFilters * g.taps,
          (g.isPointwise ? x : columns) + group * groupRows, a.bias == nil ? 0 : 1,
          y + group * groupFilters * g.positions)
      }
      if a.function >= 0 { Element.apply(a.function, a.parameter, y, g.outputElements) }
    }
  }

  /// `dx`, the derivative by the input, from `dy` and the kernel.
  public static func convolutionInputGradient(
    _ element: ElementType, _ geometry: ConvolutionGeometry, dy: UnsafeMutableRawPointer,
    kernel: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer
  ) -> KernelCall {
    _ = BLAS.isReady
    let arguments = ConvolutionArguments(
      geometry: geometry, x: dx, kernel: kernel, y: dy, bias: nil, function: -1, parameter: 0,
      workspace: workspace, tiling: geometry.tiling)
    return Kernel(
      "conv2d_input_gradient", tiles: geometry.tiling.tiles, flops: geometry.flops,
      bytes: bytes(
        geometry.images * (geometry.imageElements + geometry.outputElements), element),
      arguments: arguments,
      for: element, double: { backward($0, $1, Double.self) },
      single: { backward($0, $1, Float.self) })
  }

  @inline(__always)
  private static func backward<Element: ConvolutionElement & BinaryFloatingPoint>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let kernel = a.kernel.assumingMemoryBound(to: Element.self)
    let (groupFilters, groupRows) = (g.filters / g.groups, g.taps * g.positions)
    for image in a.tiling.range(tile) {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * g.imageElements
      let y = a.y.assumingMemoryBound(to: Element.self) + image * g.outputElements
      for group in 0..<g.groups {
        Element.product(
          true, false, g.taps, g.positions, groupFilters, kernel + group * groupFilters * g.taps,
          y + group * groupFilters * g.positions, 0,
          (g.isPointwise ? x : columns) + group * groupRows)
      }
      if !g.isPointwise { Element.image(columns, x, g) }
    }
  }

  /// Bytes for columns and a partial sum of the kernel a tile.
  public static func convolutionKernelWorkspaceBytes(
    _ geometry: ConvolutionGeometry, _ element: ElementType
  ) -> Int {
    geometry.tiling.tiles * (geometry.columnElements + geometry.kernelElements)
      * element.byteCount
  }

  private struct PartialArguments {
    var partials: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var parts: Int
    var count: Int
    var tiling: Tiling
  }

  /// `dkernel`, from `dy` and the input: a partial sum a tile, added in the order of tiles.
  public static func convolutionKernelGradient(
    _ element: ElementType, _ geometry: ConvolutionGeometry, dy: UnsafeMutableRawPointer,
    x: UnsafeMutableRawPointer, dkernel: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    _ = BLAS.isReady
    let tiles = geometry.tiling.tiles
    // One tile writes where the result belongs.
    let partials =
      tiles == 1
      ? dkernel : workspace + tiles * geometry.columnElements * element.byteCount
    let arguments = ConvolutionArguments(
      geometry: geometry, x: x, kernel: partials, y: dy, bias: nil, function: -1, parameter: 0,
      workspace: workspace, tiling: geometry.tiling)
    let sums = Kernel(
      "conv2d_kernel_gradient", tiles: tiles, flops: geometry.flops,
      bytes: bytes(
        geometry.images * (geometry.imageElements + geometry.outputElements), element),
      arguments: arguments,
      for: element, double: { kernelSums($0, $1, Double.self) },
      single: { kernelSums($0, $1, Float.self) })
    if tiles == 1 { return [sums] }
    let count = geometry.kernelElements
    let tiling = Tiling(count: count, grain: 16_384, multiple: 64)
    let adding = PartialArguments(
      partials: partials, y: dkernel, parts: tiles, count: count, tiling: tiling)
    return [
      sums,
      Kernel(
        "add_partials", tiles: tiling.tiles, flops: tiles * count,
        bytes: bytes((tiles + 1) * count, element), arguments: adding,
        for: element, double: { addPartials($0, $1, Double.self) },
        single: { addPartials($0, $1, Float.self) }),
    ]
  }

  @inline(__always)
  private static func addPartials<Element: ConvolutionElement>(
    _ a: PartialArguments, _ tile: Int, _: Element.Type
  ) {
    Element.addPartials(
      a.partials.assumingMemoryBound(to: Element.self), a.y.assumingMemoryBound(to: Element.self),
      parts: a.parts, count: a.count, range: a.tiling.range(tile))
  }

  @inline(__always)
  private static func kernelSums<Element: ConvolutionElement & BinaryFloatingPoint>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let partial = a.kernel.assumingMemoryBound(to: Element.self) + tile * g.kernelElements
    let (groupFilters, groupRows) = (g.filters / g.groups, g.taps * g.positions)
    let images = a.tiling.range(tile)
    for image in images {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * g.imageElements
      let y = a.y.assumingMemoryBound(to: Element.self) + image * g.outputElements
      if !g.isPointwise { Element.columns(x, columns, g) }
      for group in 0..<g.groups {
        Element.product(
          false, true, groupFilters, g.taps, g.positions, y + group * groupFilters * g.positions,
          (g.isPointwise ? x : columns) + group * groupRows, image == images.lowerBound ? 0 : 1,
          partial + group * groupFilters * g.taps)
      }
    }
  }
}
