import CVectorMath
import Tensors

/// A tile's scratch memory in a recurrent network's backward pass, and what all tiles share.
private struct RecurrentGradientScratch {
  let width: Int
  let panels: Panels
  let units: Int
  let gateRows: Int
  let rows: Int
  let hiddenCount: Int

  init(_ g: RecurrentGeometry, _ element: ElementType) {
    width = element.byteCount
    panels = Panels(k: g.rows, n: g.units, element)
    units = g.units
    gateRows = g.rows
    rows = g.tiling.range(0).count
    // Of gru the cotangents of the state's projection aren't those of the input's.
    hiddenCount = g.cell == .gru ? g.batch * g.length * g.rows : 0
  }

  var carry: Int { 0 }
  var cell: Int { rows * units }
  var product: Int { 2 * rows * units }
  var packed: Int { product + rows * panels.columns }
  /// A row of zeros: the output's cotangent where there is none, and the cell before the first step.
  var zeros: Int { packed + rows * gateRows }
  var bytes: Int { ((zeros + units) * width + 63) / 64 * 64 }
  var packedBytes: Int { (panels.count * width + 63) / 64 * 64 }
  var hiddenBytes: Int { (hiddenCount * width + 63) / 64 * 64 }
}

extension Kernels {
  private struct RecurrentGradientArguments {
    var geometry: RecurrentGeometry
    var scratch: RecurrentGradientScratch
    var cell: UnsafeMutableRawPointer?
    var mask: UnsafeMutableRawPointer?
    var kept: UnsafeMutableRawPointer?
    var saved: UnsafeMutableRawPointer
    var dy: UnsafeMutableRawPointer
    var dx: UnsafeMutableRawPointer
    var hidden: UnsafeMutableRawPointer
    /// Derivatives by the initial states, one after the other.
    var states: UnsafeMutableRawPointer?
    var workspace: UnsafeMutableRawPointer
    var space: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// Bytes of scratch memory: the weight in panels, each tile's cotangents, and gru's of the projection.
  public static func recurrentGradientWorkspaceBytes(
    _ geometry: RecurrentGeometry, _ element: ElementType
  ) -> Int {
    let scratch = RecurrentGradientScratch(geometry, element)
    let last = productWorkspaceBytes(
      m: geometry.rows, n: geometry.units, k: geometry.batch * geometry.length, transposeB: false,
      element)
    return scratch.packedBytes + scratch.hiddenBytes
      + max(geometry.tiling.tiles * scratch.bytes, last)
  }

  /// Backpropagation through time (Werbos 1990, doi:10.1109/5.58337), from `dy` and what the forward pass saved.
  ///
  /// - Parameters:
  ///   - dx: `[N, T, gates · H]`, the derivative by the input's projection.
  ///   - gradients: those by weight, initial states and gru's bias, one after the other; `nil` when nobody wants
  ///     them.
  /// - Precondition: the operands have what was saved.
  public static func recurrentGradient(
    _ element: ElementType, _ geometry: RecurrentGeometry, _ operands: RecurrentOperands,
    dy: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer, gradients: UnsafeMutableRawPointer?,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    guard let saved = operands.saved else { preconditionFailure("nothing was saved") }
    let g = geometry
    let scratch = RecurrentGradientScratch(g, element)
    let steps = g.batch * g.length
    let hidden = g.cell == .gru ? workspace + scratch.packedBytes : dx
    let arguments = RecurrentGradientArguments(
      geometry: g, scratch: scratch, cell: operands.states.dropFirst().first, mask: operands.mask,
      kept: operands.kept, saved: saved, dy: dy, dx: dx, hidden: hidden,
      states: gradients.map { $0 + bytes(g.rows * g.units, element) }, workspace: workspace,
      space: workspace + scratch.packedBytes + scratch.hiddenBytes, tiling: g.tiling)
    let count =
      steps * (g.rows + (g.isWhole ? g.units : 0)) + g.savedCount
      + g.tiling.tiles * g.length * scratch.panels.count
    var calls = [
      pack(element, scratch.panels, isTransposed: false, weight: operands.weight, to: workspace),
      Kernel(
        "recurrent_\(g.cell)_gradient", tiles: g.tiling.tiles,
        flops: steps * (2 * g.rows * g.units + 8 * g.rows), bytes: bytes(count, element),
        arguments: arguments, for: element,
        double: { recurBackward($0, $1, Double.self) },
        single: { recurBackward($0, $1, Float.self) }),
    ]
    guard let gradients else { return calls }
    // One product over all steps: the states that products were made of lie together.
    calls.append(
      product(
        "recurrent_weight_gradient", element, transposeA: true, m: g.rows, n: g.units, k: steps,
        a: hidden, b: saved + bytes(steps * g.cell.saved * g.units, element), c: gradients,
        workspace: arguments.space))
    if g.cell == .gru {
      calls.append(
        sum(
          element, x: hidden, shape: [steps, g.rows], axes: [0],
          y: gradients + bytes(g.rows * g.units + g.batch * g.units, element)))
    }
    return calls
  }

  @inline(__always)
  private static func recurBackward<Element: RecurrentElement>(
    _ a: RecurrentGradientArguments, _ tile: Int, _: Element.Type
  ) {
    let (g, s) = (a.geometry, a.scratch)
    let range = a.tiling.range(tile)
    let (first, rows, units) = (range.lowerBound, range.count, g.units)
    let size = MemoryLayout<Element>.size
    let panels = UnsafePointer(a.workspace.assumingMemoryBound(to: Element.self))
    let base = (a.space + tile * s.bytes).assumingMemoryBound(to: Element.self)
    let (carry, dcell, product) = (base + s.carry, base + s.cell, base + s.product)
    let (packed, zeros) = (base + s.packed, base + s.zeros)
    // The last state's cotangent is there from the beginning.
    begin(carry, g.isWhole ? nil : a.dy, first * units, rows * units)
    Element.fill(dcell, 0, rows * units)
    Element.fill(product, 0, rows * s.panels.columns)
    Element.fill(zeros, 0, units)
    let kept = a.kept.map { $0.assumingMemoryBound(to: Element.self) + first * units }
    let width = g.cell.saved * units
    var step = vm_recurrent_slope()
    step.rows = Int64(rows)
    step.units = Int64(units)
    step.dy_stride = g.isWhole ? Int64(g.length * units) : 0
    step.product_stride = Int64(s.panels.columns)
    step.saved_stride = Int64(g.length * width)
    step.dx_stride = Int64(g.length * g.rows)
    step.hidden_stride = step.dx_stride
    step.mask_stride = Int64(g.length)
    step.product = UnsafeRawPointer(product)
    step.kept = kept.map { UnsafeRawPointer($0) }
    step.carry = UnsafeMutableRawPointer(carry)
    step.dcell = UnsafeMutableRawPointer(dcell)
    step.packed = UnsafeMutableRawPointer(packed)
    for index in (0..<g.length).reversed() {
      let place = first * g.length + g.time(index)
      step.dy = g.isWhole ? UnsafeRawPointer(a.dy + place * units * size) : UnsafeRawPointer(zeros)
      step.mask = a.mask.map { UnsafeRawPointer($0 + place * size) }
      step.saved = UnsafeRawPointer(a.saved + place * width * size)
      step.dx = a.dx + place * g.rows * size
      step.hidden = a.hidden + place * g.rows * size
      if index > 0 {
        // The last numbers of a row that were saved: lstm's cell.
        let earlier = first * g.length + g.time(index - 1)
        step.cell = UnsafeRawPointer(a.saved + ((earlier + 1) * width - units) * size)
        step.cell_stride = step.saved_stride
      } else if let cell = a.cell {
        step.cell = UnsafeRawPointer(cell + first * units * size)
        step.cell_stride = Int64(units)
      } else {
        step.cell = UnsafeRawPointer(zeros)
        step.cell_stride = 0
      }
      Element.slope(g.cell, &step)
      if g.isCut(index) {
        Element.fill(carry, 0, rows * units)
        Element.fill(dcell, 0, rows * units)
        Element.fill(product, 0, rows * s.panels.columns)
      } else if index > 0 || a.states != nil {
        Element.multiply(
          packed, panels: panels, product, s.panels.columns, rows: rows, n: units, k: g.rows)
      }
    }
    guard let states = a.states?.assumingMemoryBound(to: Element.self) else { return }
    for row in 0..<rows {
      for unit in 0..<units {
        let index = row * units + unit
        let through = product[row * s.panels.columns + unit]
        states[first * units + index] = carry[index] + through * (kept.map { $0[index] } ?? 1)
      }
    }
    if g.cell == .lstm {
      (states + (g.batch + first) * units).update(from: dcell, count: rows * units)
    }
  }
}
