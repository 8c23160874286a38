import CVectorMath
import Tensors

/// A weight laid out for products with a few rows each, over and over.
struct Panels {
  /// Rows and columns of the matrix.
  let k: Int
  let n: Int
  /// Columns of a panel.
  let width: Int

  init(k: Int, n: Int, _ element: ElementType) {
    self.k = k
    self.n = n
    width = Int(VM_PANEL_BYTES) / element.byteCount
  }

  var panels: Int { (n + width - 1) / width }
  /// Columns in whole panels.
  var columns: Int { panels * width }
  var count: Int { columns * k }
}

extension Kernels {
  private struct PackArguments {
    var weight: UnsafeMutableRawPointer
    var target: UnsafeMutableRawPointer
    var panels: Panels
    var isTransposed: Bool
    var tiling: Tiling
  }

  /// Lays out a weight `[n, k]`, transposed, or `[k, n]`, in panels.
  static func pack(
    _ element: ElementType, _ panels: Panels, isTransposed: Bool, weight: UnsafeMutableRawPointer,
    to target: UnsafeMutableRawPointer
  ) -> KernelCall {
    let tiling = Tiling(count: panels.panels, grain: max(1, 16_384 / (panels.k * panels.width)))
    let arguments = PackArguments(
      weight: weight, target: target, panels: panels, isTransposed: isTransposed, tiling: tiling)
    return Kernel(
      "pack_panels", tiles: tiling.tiles, bytes: bytes(2 * panels.count, element),
      arguments: arguments, for: element,
      double: { pack($0, $1, Double.self) }, single: { pack($0, $1, Float.self) })
  }

  @inline(__always)
  private static func pack<Element: RecurrentElement>(
    _ a: PackArguments, _ tile: Int, _: Element.Type
  ) {
    let p = a.panels
    Element.pack(
      a.weight.assumingMemoryBound(to: Element.self), a.isTransposed ? (1, p.k) : (p.n, 1), k: p.k,
      n: p.n, a.target.assumingMemoryBound(to: Element.self), a.tiling.range(tile))
  }
}

/// A tile's scratch memory in a recurrent network's forward pass.
private struct RecurrentScratch {
  let width: Int
  let panels: Panels
  let units: Int
  let rows: Int
  let isKept: Bool
  /// Elements of one row that nobody keeps.
  let unsaved: Int

  init(_ g: RecurrentGeometry, _ element: ElementType, isKept: Bool) {
    width = element.byteCount
    panels = Panels(k: g.units, n: g.rows, element)
    units = g.units
    rows = g.tiling.range(0).count
    self.isKept = isKept
    unsaved = g.cell.saved * g.units
  }

  var state: Int { 0 }
  var cell: Int { rows * units }
  var fed: Int { isKept ? 2 * rows * units : state }
  var product: Int { 3 * rows * units }
  /// Where a row of what isn't saved goes, and one of the output.
  var dropped: Int { product + rows * panels.columns }
  var bytes: Int { ((dropped + unsaved + 2 * units) * width + 63) / 64 * 64 }
  var packedBytes: Int { (panels.count * width + 63) / 64 * 64 }
}

extension Kernels {
  private struct RecurrentArguments {
    var geometry: RecurrentGeometry
    var scratch: RecurrentScratch
    var input: UnsafeMutableRawPointer
    var bias: UnsafeMutableRawPointer?
    var state: UnsafeMutableRawPointer?
    var cell: UnsafeMutableRawPointer?
    var mask: UnsafeMutableRawPointer?
    var kept: UnsafeMutableRawPointer?
    var saved: UnsafeMutableRawPointer?
    var output: UnsafeMutableRawPointer
    var workspace: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// Bytes of scratch memory: the weight in panels, and each tile's states and product.
  public static func recurrentWorkspaceBytes(
    _ geometry: RecurrentGeometry, _ element: ElementType
  ) -> Int {
    let scratch = RecurrentScratch(geometry, element, isKept: true)
    return scratch.packedBytes + geometry.tiling.tiles * scratch.bytes
  }

  /// A recurrent network over whole sequences; each tile takes its rows of the batch through all steps.
  public static func recurrent(
    _ element: ElementType, _ geometry: RecurrentGeometry, _ operands: RecurrentOperands,
    output: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let g = geometry
    let scratch = RecurrentScratch(g, element, isKept: operands.kept != nil)
    let arguments = RecurrentArguments(
      geometry: g, scratch: scratch, input: operands.input, bias: operands.bias,
      state: operands.states.first, cell: operands.states.dropFirst().first, mask: operands.mask,
      kept: operands.kept, saved: operands.saved, output: output, workspace: workspace,
      tiling: g.tiling)
    let steps = g.batch * g.length
    let count =
      steps * (g.rows + (g.isWhole ? g.units : 0)) + (operands.saved == nil ? 0 : g.savedCount)
      + g.tiling.tiles * g.length * scratch.panels.count
    return [
      pack(element, scratch.panels, isTransposed: true, weight: operands.weight, to: workspace),
      Kernel(
        "recurrent_\(g.cell)", tiles: g.tiling.tiles,
        flops: steps * (2 * g.rows * g.units + 8 * g.rows), bytes: bytes(count, element),
        arguments: arguments, for: element,
        double: { recur($0, $1, Double.self) }, single: { recur($0, $1, Float.self) }),
    ]
  }

  @inline(__always)
  private static func recur<Element: RecurrentElement>(
    _ a: RecurrentArguments, _ tile: Int, _: Element.Type
  ) {
    let (g, s) = (a.geometry, a.scratch)
    let range = a.tiling.range(tile)
    let (first, rows, units) = (range.lowerBound, range.count, g.units)
    let size = MemoryLayout<Element>.size
    let panels = UnsafePointer(a.workspace.assumingMemoryBound(to: Element.self))
    let space = a.workspace + s.packedBytes + tile * s.bytes
    let base = space.assumingMemoryBound(to: Element.self)
    let (state, cell, fed) = (base + s.state, base + s.cell, base + s.fed)
    let product = base + s.product
    let dropped = base + s.dropped
    begin(state, a.state, first * units, rows * units)
    begin(cell, a.cell, first * units, rows * units)
    let kept = a.kept.map { $0.assumingMemoryBound(to: Element.self) + first * units }
    if let kept {
      for index in 0..<rows * units { fed[index] = state[index] * kept[index] }
    }
    let width = g.cell.saved * units
    let before = a.saved.map { $0 + g.batch * g.length * width * size }
    var step = vm_recurrent_step()
    step.rows = Int64(rows)
    step.units = Int64(units)
    step.x_stride = Int64(g.length * g.rows)
    step.product_stride = Int64(s.panels.columns)
    step.saved_stride = a.saved == nil ? 0 : Int64(g.length * width)
    step.before_stride = a.saved == nil ? 0 : Int64(g.length * units)
    step.y_stride = g.isWhole ? Int64(g.length * units) : 0
    step.mask_stride = Int64(g.length)
    step.product = UnsafeRawPointer(product)
    step.bias = a.bias.map { UnsafeRawPointer($0) }
    step.kept = kept.map { UnsafeRawPointer($0) }
    step.h = UnsafeMutableRawPointer(state)
    step.fed = UnsafeMutableRawPointer(fed)
    step.cell = UnsafeMutableRawPointer(cell)
    for index in 0..<g.length {
      let place = first * g.length + g.time(index)
      Element.multiply(
        fed, panels: panels, product, s.panels.columns, rows: rows, n: g.rows, k: units)
      step.x = UnsafeRawPointer(a.input + place * g.rows * size)
      step.mask = a.mask.map { UnsafeRawPointer($0 + place * size) }
      step.saved = a.saved.map { $0 + place * width * size } ?? UnsafeMutableRawPointer(dropped)
      step.before =
        before.map { $0 + place * units * size } ?? UnsafeMutableRawPointer(dropped + width)
      step.y =
        g.isWhole
        ? a.output + place * units * size : UnsafeMutableRawPointer(dropped + width + units)
      Element.step(g.cell, &step)
    }
    if let saved = a.saved {
      let final = saved + (g.firstFinalState + first * units) * size
      final.copyMemory(from: UnsafeRawPointer(state), byteCount: rows * units * size)
      if g.cell.states > 1 {
        (final + g.batch * units * size)
          .copyMemory(from: UnsafeRawPointer(cell), byteCount: rows * units * size)
      }
    }
    if !g.isWhole {
      (a.output + first * units * size).copyMemory(
        from: UnsafeRawPointer(state), byteCount: rows * units * size)
    }
  }

  /// Some elements of an initial state, or zeros.
  @inline(__always)
  static func begin<Element: RecurrentElement>(
    _ target: UnsafeMutablePointer<Element>, _ source: UnsafeMutableRawPointer?, _ offset: Int,
    _ count: Int
  ) {
    if let source {
      target.update(from: source.assumingMemoryBound(to: Element.self) + offset, count: count)
    } else {
      Element.fill(target, 0, count)
    }
  }
}
