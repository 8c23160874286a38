import CVectorMath
import Tensors

/// A convolution's extents, over images or volumes.
public struct ConvolutionGeometry: Sendable {
  public let images: Int
  public let channels: Int
  public let filters: Int
  public let groups: Int
  let window: WindowGeometry

  /// - Parameters:
  ///   - input: `[N, C, …]`.
  ///   - kernel: `[filters, C/groups, …]`.
  public init(input: Shape, kernel: Shape, groups: Int, window: WindowGeometry) {
    images = input[0]
    channels = input[1]
    filters = kernel[0]
    self.groups = groups
    self.window = window
  }

  /// Elements of a filter.
  var taps: Int { channels / groups * window.taps }
  var imageElements: Int { channels * window.inputs }
  var outputElements: Int { filters * window.positions }
  var kernelElements: Int { filters * taps }
  public var flops: Int { 2 * images * filters * window.positions * taps }

  /// Rows of the output whose columns are made at once: what a cache near the core has room for.
  var linesAtOnce: Int {
    min(window.lines, max(1, (1 << 18) / max(1, channels * window.taps * window.width)))
  }

  /// Elements of the columns that are made at once.
  var columnElements: Int {
    window.isPointwise ? 0 : channels * window.taps * linesAtOnce * window.width
  }

  /// Images are cut by shape alone, at most 8 tiles, each with a workspace.
  var tiling: Tiling {
    Tiling(count: images, grain: max(1, 4_000_000 / max(1, flops / images)), most: 8)
  }
}

/// What convolutions need of an element type.
private protocol ConvolutionElement: MatrixElement {
  typealias Source = UnsafePointer<Self>?
  typealias Target = UnsafeMutablePointer<Self>?
  typealias Numbers = UnsafePointer<Int64>?

  static func makeColumns(_ x: Source, _ columns: Target, _ g: Numbers)
  static func addColumns(_ columns: Source, _ x: Target, _ g: Numbers)
  static func addPartials(
    _ partials: Source, _ y: Target, _ parts: Int64, _ count: Int64, _ first: Int64, _ end: Int64)
}

extension Float: ConvolutionElement {
  fileprivate static func makeColumns(_ x: Source, _ columns: Target, _ g: Numbers) {
    vm_im2col_f32(x, columns, g)
  }
  fileprivate static func addColumns(_ columns: Source, _ x: Target, _ g: Numbers) {
    vm_col2im_f32(columns, x, g)
  }
  fileprivate static func addPartials(
    _ partials: Source, _ y: Target, _ parts: Int64, _ count: Int64, _ first: Int64, _ end: Int64
  ) { vm_add_partials_f32(partials, y, parts, count, first, end) }
}

extension Double: ConvolutionElement {
  fileprivate static func makeColumns(_ x: Source, _ columns: Target, _ g: Numbers) {
    vm_im2col_f64(x, columns, g)
  }
  fileprivate static func addColumns(_ columns: Source, _ x: Target, _ g: Numbers) {
    vm_col2im_f64(columns, x, g)
  }
  fileprivate static func addPartials(
    _ partials: Source, _ y: Target, _ parts: Int64, _ count: Int64, _ first: Int64, _ end: Int64
  ) { vm_add_partials_f64(partials, y, parts, count, first, end) }
}

extension Kernels {
  private struct ConvolutionArguments {
    var geometry: ConvolutionGeometry
    var x: UnsafeMutableRawPointer
    var kernel: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var bias: UnsafeMutableRawPointer?
    var epilogue: BoundProgram?
    var workspace: UnsafeMutableRawPointer
    var tiling: Tiling

    enum Part { case output, columns, kernel }

    /// Makes output `[filters, count]`, columns `[taps, count]` or kernel `[filters, taps]` of the
    /// other two, for each group.
    ///
    /// - Parameter count: how many positions, from where `y` points.
    @inline(__always)
    func multiply<Element: ConvolutionElement>(
      making part: Part, columns: UnsafeMutablePointer<Element>,
      kernel: UnsafeMutablePointer<Element>, y: UnsafeMutablePointer<Element>, count: Int,
      isAdded: Bool
    ) {
      let filters = geometry.filters / geometry.groups
      let (taps, positions) = (geometry.taps, geometry.window.positions)
      for group in 0..<geometry.groups {
        let columns = columns + group * taps * count
        let kernel = kernel + group * filters * taps
        let y = y + group * filters * positions
        switch part {
        case .output:
          Element.multiply(
            m: filters, n: count, k: taps, kernel, taps, columns, count, y, positions,
            isAdded: isAdded)
        case .columns:
          Element.multiply(
            transposeA: true, m: taps, n: count, k: filters, kernel, taps, y, positions, columns,
            count, isAdded: isAdded)
        case .kernel:
          Element.multiply(
            transposeB: true, m: filters, n: taps, k: count, y, positions, columns, count, kernel,
            taps, isAdded: isAdded)
        }
      }
    }

    /// Runs a body for each part of an output: its lines, its first position and their number.
    @inline(__always)
    func forEachPart(_ body: (Range<Int>, Int, Int) -> Void) {
      let window = geometry.window
      if window.isPointwise { return body(0..<window.lines, 0, window.positions) }
      let step = geometry.linesAtOnce
      for first in stride(from: 0, to: window.lines, by: step) {
        let lines = first..<min(window.lines, first + step)
        body(lines, first * window.width, lines.count * window.width)
      }
    }

    @inline(__always)
    func makeColumns<Element: ConvolutionElement>(
      _ x: UnsafeMutablePointer<Element>, _ columns: UnsafeMutablePointer<Element>,
      _ lines: Range<Int>
    ) {
      guard !geometry.window.isPointwise else { return }
      geometry.window.withNumbers(channels: geometry.channels, lines: lines) {
        Element.makeColumns(x, columns, $0)
      }
    }

    @inline(__always)
    func addColumns<Element: ConvolutionElement>(
      _ columns: UnsafeMutablePointer<Element>, _ x: UnsafeMutablePointer<Element>,
      _ lines: Range<Int>
    ) {
      guard !geometry.window.isPointwise else { return }
      geometry.window.withNumbers(channels: geometry.channels, lines: lines) {
        Element.addColumns(columns, x, $0)
      }
    }
  }
}

extension Kernels {
  /// Bytes for the columns of a tile.
  public static func convolutionWorkspaceBytes(
    _ geometry: ConvolutionGeometry, _ element: ElementType
  ) -> Int {
    DirectConvolution(geometry)?.workspaceBytes(element)
      ?? geometry.tiling.tiles * geometry.columnElements * element.byteCount
  }

  /// The same for the derivative by the input.
  public static func convolutionInputWorkspaceBytes(
    _ geometry: ConvolutionGeometry, _ element: ElementType
  ) -> Int {
    DirectConvolution(geometry, isTransposed: true)?.workspaceBytes(element)
      ?? geometry.tiling.tiles * geometry.columnElements * element.byteCount
  }

  /// `y = f(x ⋆ kernel + bias)`, image by image, through columns where it can't be done directly.
  ///
  /// - Parameter epilogue: a program whose first input is the result with its bias; the others are
  ///   broadcast to `shape`, which is that of `y`.
  public static func convolution(
    _ name: String, _ element: ElementType, _ geometry: ConvolutionGeometry,
    x: UnsafeMutableRawPointer, kernel: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    y: UnsafeMutableRawPointer, shape: Shape, then epilogue: Epilogue?,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    if let direct = DirectConvolution(geometry) {
      return directConvolution(
        name, element, direct, isFlipped: false, x: x, kernel: kernel, bias: bias, y: y,
        under: shape, then: epilogue, workspace: workspace)
    }
    return [
      call(
        name, element,
        ConvolutionArguments(
          geometry: geometry, x: x, kernel: kernel, y: y, bias: bias,
          epilogue: epilogue?.bound(to: y, shape: shape), workspace: workspace,
          tiling: geometry.tiling),
        epilogue, double: { forward($0, $1, Double.self) },
        single: { forward($0, $1, Float.self) })
    ]
  }

  /// `dx`, the derivative by the input, from `dy` and the kernel.
  ///
  /// - Parameter epilogue: as for `convolution`, over `dx` of `shape`.
  public static func convolutionInputGradient(
    _ name: String, _ element: ElementType, _ geometry: ConvolutionGeometry,
    dy: UnsafeMutableRawPointer, kernel: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer,
    shape: Shape, then epilogue: Epilogue?, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    if let direct = DirectConvolution(geometry, isTransposed: true) {
      return directConvolution(
        name, element, direct, isFlipped: true, x: dy, kernel: kernel, bias: nil, y: dx,
        under: shape, then: epilogue, workspace: workspace)
    }
    return [
      call(
        name, element,
        ConvolutionArguments(
          geometry: geometry, x: dx, kernel: kernel, y: dy,
          epilogue: epilogue?.bound(to: dx, shape: shape), workspace: workspace,
          tiling: geometry.tiling),
        epilogue, double: { backward($0, $1, Double.self) },
        single: { backward($0, $1, Float.self) })
    ]
  }

  /// A launch over images.
  private static func call(
    _ name: String, _ element: ElementType, _ arguments: ConvolutionArguments,
    _ epilogue: Epilogue? = nil,
    double: @escaping @Sendable (ConvolutionArguments, Int) -> Void,
    single: @escaping @Sendable (ConvolutionArguments, Int) -> Void
  ) -> KernelCall {
    _ = BLAS.isReady
    let geometry = arguments.geometry
    let instructions = epilogue?.program.instructions.count ?? 0
    let extra = epilogue?.inputs.reduce(0) { $0 + $1.shape.count } ?? 0
    return Kernel(
      name, tiles: geometry.tiling.tiles,
      flops: geometry.flops + instructions * geometry.images * geometry.outputElements,
      bytes: bytes(
        geometry.images * (geometry.imageElements + geometry.outputElements) + extra, element),
      arguments: arguments, for: element, double: double, single: single)
  }

  @inline(__always)
  private static func forward<Element: ConvolutionElement>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let kernel = a.kernel.assumingMemoryBound(to: Element.self)
    let result = a.y.assumingMemoryBound(to: Element.self)
    for image in a.tiling.range(tile) {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * g.imageElements
      let y = result + image * g.outputElements
      if let bias = a.bias?.assumingMemoryBound(to: Element.self) {
        for filter in 0..<g.filters {
          (y + filter * g.window.positions).update(
            repeating: bias[filter], count: g.window.positions)
        }
      }
      a.forEachPart { lines, start, count in
        a.makeColumns(x, columns, lines)
        a.multiply(
          making: .output, columns: g.window.isPointwise ? x : columns, kernel: kernel,
          y: y + start, count: count, isAdded: a.bias != nil)
      }
      if let epilogue = a.epilogue {
        Element.run(epilogue, result, image * g.outputElements..<(image + 1) * g.outputElements)
      }
    }
  }

  @inline(__always)
  private static func backward<Element: ConvolutionElement>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let kernel = a.kernel.assumingMemoryBound(to: Element.self)
    let result = a.x.assumingMemoryBound(to: Element.self)
    for image in a.tiling.range(tile) {
      let x = result + image * g.imageElements
      let y = a.y.assumingMemoryBound(to: Element.self) + image * g.outputElements
      a.forEachPart { lines, start, count in
        a.multiply(
          making: .columns, columns: g.window.isPointwise ? x : columns, kernel: kernel,
          y: y + start, count: count, isAdded: false)
        a.addColumns(columns, x, lines)
      }
      if let epilogue = a.epilogue {
        Element.run(epilogue, result, image * g.imageElements..<(image + 1) * g.imageElements)
      }
    }
  }
}

extension Kernels {
  private struct PartialArguments {
    var partials: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var parts: Int
    var count: Int
    var tiling: Tiling
  }

  /// Bytes for columns and a partial sum of the kernel a tile.
  public static func convolutionKernelWorkspaceBytes(
    _ geometry: ConvolutionGeometry, _ element: ElementType
  ) -> Int {
    if let direct = DirectConvolution(geometry), direct.hasKernelGradient {
      return direct.kernelWorkspaceBytes(element)
    }
    return geometry.tiling.tiles * (geometry.columnElements + geometry.kernelElements)
      * element.byteCount
  }

  /// `dkernel`, from `dy` and the input: a partial sum a tile, added in the order of tiles.
  public static func convolutionKernelGradient(
    _ name: String, _ element: ElementType, _ geometry: ConvolutionGeometry,
    dy: UnsafeMutableRawPointer, x: UnsafeMutableRawPointer, dkernel: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    if let direct = DirectConvolution(geometry), direct.hasKernelGradient {
      return directKernelGradient(
        name, element, direct, dy: dy, x: x, dkernel: dkernel, workspace: workspace)
    }
    let tiles = geometry.tiling.tiles
    // One tile writes where the result belongs.
    let partials =
      tiles == 1
      ? dkernel : workspace + tiles * geometry.columnElements * element.byteCount
    let sums = call(
      name, element,
      ConvolutionArguments(
        geometry: geometry, x: x, kernel: partials, y: dy, workspace: workspace,
        tiling: geometry.tiling),
      double: { kernelSums($0, $1, Double.self) }, single: { kernelSums($0, $1, Float.self) })
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
  private static func kernelSums<Element: ConvolutionElement>(
    _ a: ConvolutionArguments, _ tile: Int, _: Element.Type
  ) {
    let g = a.geometry
    let columns = a.workspace.assumingMemoryBound(to: Element.self) + tile * g.columnElements
    let partial = a.kernel.assumingMemoryBound(to: Element.self) + tile * g.kernelElements
    let images = a.tiling.range(tile)
    for image in images {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * g.imageElements
      let y = a.y.assumingMemoryBound(to: Element.self) + image * g.outputElements
      a.forEachPart { lines, start, count in
        a.makeColumns(x, columns, lines)
        a.multiply(
          making: .kernel, columns: g.window.isPointwise ? x : columns, kernel: partial,
          y: y + start, count: count, isAdded: image != images.lowerBound || start > 0)
      }
    }
  }

  @inline(__always)
  private static func addPartials<Element: ConvolutionElement>(
    _ a: PartialArguments, _ tile: Int, _: Element.Type
  ) {
    let range = a.tiling.range(tile)
    Element.addPartials(
      a.partials.assumingMemoryBound(to: Element.self), a.y.assumingMemoryBound(to: Element.self),
      Int64(a.parts), Int64(a.count), Int64(range.lowerBound), Int64(range.upperBound))
  }
}
