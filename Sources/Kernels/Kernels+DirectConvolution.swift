import CVectorMath
import Tensors

/// What direct convolutions need of an element type.
private protocol DirectElement: MatrixElement {
  typealias Source = UnsafePointer<Self>
  typealias Target = UnsafeMutablePointer<Self>

  static func border(_ x: Source, _ bordered: Target, _ geometry: UnsafePointer<Int64>?)
  static func pack(
    _ w: Source, _ bias: Source?, _ packed: Target, outer: Int, taps: Int, strides: (Int, Int),
    isFlipped: Bool, filters: Int, block: Int)
  static func product(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ packed: Source, _ y: Target)
  static func slopes(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ dy: Source, _ sums: Target)
  static func turn(
    _ x: Source, _ xStride: Int, _ y: Target, _ yStride: Int, rows: Int, columns: Int, padded: Int)
  static func collect(
    _ partials: Source, _ dw: Target, parts: Int, stride: Int, taps: Int, filters: Int, block: Int)
}

extension Float: DirectElement {
  @inline(__always)
  fileprivate static func border(
    _ x: Source, _ bordered: Target, _ geometry: UnsafePointer<Int64>?
  ) { vm_convolution_border_f32(x, bordered, geometry) }
  @inline(__always)
  fileprivate static func pack(
    _ w: Source, _ bias: Source?, _ packed: Target, outer: Int, taps: Int, strides: (Int, Int),
    isFlipped: Bool, filters: Int, block: Int
  ) {
    vm_convolution_pack_f32(
      w, bias, packed, Int64(outer), Int64(taps), Int64(strides.0), Int64(strides.1),
      isFlipped ? 1 : 0, Int64(filters), Int64(block), Int64(block + 1))
  }
  @inline(__always)
  fileprivate static func product(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ packed: Source, _ y: Target
  ) { vm_convolution_product_f32(part, x, packed, y) }
  @inline(__always)
  fileprivate static func slopes(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ dy: Source, _ sums: Target
  ) { vm_convolution_slopes_f32(part, x, dy, sums) }
  @inline(__always)
  fileprivate static func turn(
    _ x: Source, _ xStride: Int, _ y: Target, _ yStride: Int, rows: Int, columns: Int, padded: Int
  ) {
    vm_convolution_turn_f32(
      x, Int64(xStride), y, Int64(yStride), Int64(rows), Int64(columns), Int64(padded))
  }
  @inline(__always)
  fileprivate static func collect(
    _ partials: Source, _ dw: Target, parts: Int, stride: Int, taps: Int, filters: Int, block: Int
  ) {
    vm_convolution_collect_f32(
      partials, dw, Int64(parts), Int64(stride), Int64(taps), Int64(filters), Int64(block),
      Int64(block + 1))
  }
}

extension Double: DirectElement {
  @inline(__always)
  fileprivate static func border(
    _ x: Source, _ bordered: Target, _ geometry: UnsafePointer<Int64>?
  ) { vm_convolution_border_f64(x, bordered, geometry) }
  @inline(__always)
  fileprivate static func pack(
    _ w: Source, _ bias: Source?, _ packed: Target, outer: Int, taps: Int, strides: (Int, Int),
    isFlipped: Bool, filters: Int, block: Int
  ) {
    vm_convolution_pack_f64(
      w, bias, packed, Int64(outer), Int64(taps), Int64(strides.0), Int64(strides.1),
      isFlipped ? 1 : 0, Int64(filters), Int64(block), Int64(block + 1))
  }
  @inline(__always)
  fileprivate static func product(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ packed: Source, _ y: Target
  ) { vm_convolution_product_f64(part, x, packed, y) }
  @inline(__always)
  fileprivate static func slopes(
    _ part: UnsafePointer<vm_convolution_part>, _ x: Source, _ dy: Source, _ sums: Target
  ) { vm_convolution_slopes_f64(part, x, dy, sums) }
  @inline(__always)
  fileprivate static func turn(
    _ x: Source, _ xStride: Int, _ y: Target, _ yStride: Int, rows: Int, columns: Int, padded: Int
  ) {
    vm_convolution_turn_f64(
      x, Int64(xStride), y, Int64(yStride), Int64(rows), Int64(columns), Int64(padded))
  }
  @inline(__always)
  fileprivate static func collect(
    _ partials: Source, _ dw: Target, parts: Int, stride: Int, taps: Int, filters: Int, block: Int
  ) {
    vm_convolution_collect_f64(
      partials, dw, Int64(parts), Int64(stride), Int64(taps), Int64(filters), Int64(block),
      Int64(block + 1))
  }
}

extension Kernels {
  private struct DirectArguments {
    var shape: DirectConvolution
    var element: ElementType
    var x: UnsafeMutableRawPointer
    var kernel: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var bias: UnsafeMutableRawPointer?
    var isFlipped = false
    var epilogue: BoundProgram?
    var packed: UnsafeMutableRawPointer
    var workspace: UnsafeMutableRawPointer
    var window: WindowGeometry
    var tiling: Tiling

    /// Runs a body for each bordered part of an image: its first line and the number of lines.
    @inline(__always)
    func forEachPart<Element: DirectElement>(
      _ x: UnsafePointer<Element>, _ bordered: UnsafeMutablePointer<Element>,
      _ body: (Int, Int) -> Void
    ) {
      let step = shape.linesAtOnce
      for first in stride(from: 0, to: shape.output.height, by: step) {
        let lines = min(step, shape.output.height - first)
        window.withNumbers(channels: shape.channels, lines: first..<first + lines) {
          Element.border(x, bordered, $0)
        }
        body(first, lines)
      }
    }

    /// Runs a body for each block: its first filter, how many there are, and how many in whole vectors.
    @inline(__always)
    func forEachBlock(_ lanes: Int, _ body: (Int, Int, Int) -> Void) {
      for first in stride(from: 0, to: shape.filters, by: 2 * lanes) {
        let count = min(2 * lanes, shape.filters - first)
        body(first, count, count > lanes ? 2 * lanes : lanes)
      }
    }
  }

  /// `y = f(x ⋆ kernel + bias)`, or the same with the flipped and transposed kernel.
  static func directConvolution(
    _ name: String, _ element: ElementType, _ shape: DirectConvolution, isFlipped: Bool,
    x: UnsafeMutableRawPointer, kernel: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer?,
    y: UnsafeMutableRawPointer, under outputShape: Shape, then epilogue: Epilogue?,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = shape.tiling
    let arguments = DirectArguments(
      shape: shape, element: element, x: x, kernel: kernel, y: y, bias: bias,
      isFlipped: isFlipped, epilogue: epilogue?.bound(to: y, shape: outputShape),
      packed: workspace, workspace: workspace + bytes(shape.packedElements(element), element),
      window: shape.window, tiling: tiling)
    let extra = epilogue?.inputs.reduce(0) { $0 + $1.shape.count } ?? 0
    let instructions = epilogue?.program.instructions.count ?? 0
    return [
      Kernel(
        "pack_filters", tiles: shape.blocks(element),
        bytes: bytes(2 * shape.packedElements(element), element), arguments: arguments,
        for: element, double: { packFilters($0, $1, Double.self) },
        single: { packFilters($0, $1, Float.self) }),
      Kernel(
        name, tiles: tiling.tiles,
        flops: shape.flops + instructions * shape.images * shape.outputElements,
        bytes: bytes(
          shape.images * (shape.inputElements + shape.outputElements) + extra, element),
        arguments: arguments, for: element, double: { convolve($0, $1, Double.self) },
        single: { convolve($0, $1, Float.self) }),
    ]
  }

  @inline(__always)
  private static func packFilters<Element: DirectElement>(
    _ a: DirectArguments, _ tile: Int, _: Element.Type
  ) {
    let s = a.shape
    // Kernels are [filters, channels, taps]; flipped, what was a filter is a channel.
    let (outer, filter) =
      a.isFlipped ? (s.filters * s.taps, s.taps) : (s.taps, s.channels * s.taps)
    Element.pack(
      a.kernel.assumingMemoryBound(to: Element.self),
      a.bias.map { UnsafePointer($0.assumingMemoryBound(to: Element.self)) },
      a.packed.assumingMemoryBound(to: Element.self), outer: s.channels, taps: s.taps,
      strides: (outer, filter), isFlipped: a.isFlipped, filters: s.filters, block: tile)
  }

  @inline(__always)
  private static func convolve<Element: DirectElement>(
    _ a: DirectArguments, _ tile: Int, _: Element.Type
  ) {
    let s = a.shape
    let lanes = DirectConvolution.lanes(a.element)
    let (bordered, sums) = (s.borderedElements, s.productElements(a.element))
    let border = a.workspace.assumingMemoryBound(to: Element.self) + tile * (bordered + sums)
    let product = border + bordered
    let packed = a.packed.assumingMemoryBound(to: Element.self)
    let result = a.y.assumingMemoryBound(to: Element.self)
    let rowStep = s.stride.height * s.borderedWidth
    for image in a.tiling.range(tile) {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * s.inputElements
      let y = result + image * s.outputElements
      a.forEachPart(x, border) { first, lines in
        a.forEachBlock(lanes) { filter, count, width in
          for line in stride(from: 0, to: lines, by: s.productLines) {
            let some = min(s.productLines, lines - line)
            var part = s.part(lines: some, ofBorder: lines)
            part.lanes = Int64(width)
            Element.product(
              &part, border + line * rowStep, packed + filter * (s.channels * s.taps + 1), product)
            Element.turn(
              product, width, y + filter * s.positions + (first + line) * s.output.width,
              s.positions, rows: some * s.output.width, columns: count,
              padded: some * s.output.width)
          }
        }
      }
      if let epilogue = a.epilogue {
        Element.run(epilogue, result, image * s.outputElements..<(image + 1) * s.outputElements)
      }
    }
  }
}

extension Kernels {
  private struct CollectArguments {
    var partials: UnsafeMutableRawPointer
    var dkernel: UnsafeMutableRawPointer
    var parts: Int
    var stride: Int
    var taps: Int
    var filters: Int
  }

  /// `dkernel`, from `dy` and the input: a partial sum a tile, added in the order of tiles.
  static func directKernelGradient(
    _ name: String, _ element: ElementType, _ shape: DirectConvolution,
    dy: UnsafeMutableRawPointer, x: UnsafeMutableRawPointer, dkernel: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = shape.tiling
    let each = shape.borderedElements + shape.turnedElements(element)
    let partials = workspace + bytes(tiling.tiles * each, element)
    let count = shape.kernelElements(element)
    return [
      Kernel(
        name, tiles: tiling.tiles, flops: shape.flops,
        bytes: bytes(shape.images * (shape.inputElements + shape.outputElements), element),
        arguments: DirectArguments(
          shape: shape, element: element, x: x, kernel: partials, y: dy, packed: partials,
          workspace: workspace, window: shape.window, tiling: tiling),
        for: element, double: { addSlopes($0, $1, Double.self) },
        single: { addSlopes($0, $1, Float.self) }),
      Kernel(
        "add_partials", tiles: shape.blocks(element), flops: tiling.tiles * count,
        bytes: bytes((tiling.tiles + 1) * count, element),
        arguments: CollectArguments(
          partials: partials, dkernel: dkernel, parts: tiling.tiles, stride: count,
          taps: shape.channels * shape.taps, filters: shape.filters),
        for: element, double: { collect($0, $1, Double.self) },
        single: { collect($0, $1, Float.self) }),
    ]
  }

  @inline(__always)
  private static func addSlopes<Element: DirectElement>(
    _ a: DirectArguments, _ tile: Int, _: Element.Type
  ) {
    let s = a.shape
    let lanes = DirectConvolution.lanes(a.element)
    let (bordered, turned) = (s.borderedElements, s.turnedElements(a.element))
    let border = a.workspace.assumingMemoryBound(to: Element.self) + tile * (bordered + turned)
    let cotangent = border + bordered
    let count = s.kernelElements(a.element)
    let sums = a.packed.assumingMemoryBound(to: Element.self) + tile * count
    Element.fill(sums, 0, count)
    for image in a.tiling.range(tile) {
      let x = a.x.assumingMemoryBound(to: Element.self) + image * s.inputElements
      let dy = a.y.assumingMemoryBound(to: Element.self) + image * s.outputElements
      a.forEachPart(x, border) { first, lines in
        var part = s.part(lines: lines, ofBorder: lines)
        a.forEachBlock(lanes) { filter, count, width in
          part.lanes = Int64(width)
          Element.turn(
            dy + filter * s.positions + first * s.output.width, s.positions, cotangent, width,
            rows: count, columns: lines * s.output.width, padded: width)
          Element.slopes(&part, border, cotangent, sums + filter * s.channels * s.taps)
        }
      }
    }
  }

  @inline(__always)
  private static func collect<Element: DirectElement>(
    _ a: CollectArguments, _ tile: Int, _: Element.Type
  ) {
    Element.collect(
      a.partials.assumingMemoryBound(to: Element.self),
      a.dkernel.assumingMemoryBound(to: Element.self), parts: a.parts, stride: a.stride,
      taps: a.taps, filters: a.filters, block: tile)
  }
}
