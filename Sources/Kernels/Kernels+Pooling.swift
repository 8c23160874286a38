import CVectorMath
import Tensors

/// What pooling needs of an element type; each over `n` planes.
private protocol PoolElement {
  typealias Source = UnsafePointer<Self>?
  typealias Target = UnsafeMutablePointer<Self>?
  typealias Places = UnsafeMutablePointer<Int32>?
  typealias Numbers = UnsafePointer<Int64>?

  static func largest(_ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers)
  static func adaptiveLargest(_ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers)
  static func gather(
    _ x: Source, _ at: Places, _ y: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64)
  static func scatter(
    _ dy: Source, _ at: Places, _ dx: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64)
  static func mean(_ x: Source, _ y: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers)
  static func meanGradient(
    _ dy: Source, _ dx: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers)
  static func adaptiveMean(_ x: Source, _ y: Target, _ n: Int64, _ g: Numbers)
  static func adaptiveMeanGradient(_ dy: Source, _ dx: Target, _ n: Int64, _ g: Numbers)
}

extension Float: PoolElement {
  fileprivate static func largest(_ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers)
  {
    vm_max_pool_f32(x, y, at, n, g)
  }
  fileprivate static func adaptiveLargest(
    _ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers
  ) { vm_adaptive_max_pool_f32(x, y, at, n, g) }
  fileprivate static func gather(
    _ x: Source, _ at: Places, _ y: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64
  ) { vm_max_pool_gather_f32(x, at, y, n, inputs, outputs) }
  fileprivate static func scatter(
    _ dy: Source, _ at: Places, _ dx: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64
  ) { vm_max_pool_gradient_f32(dy, at, dx, n, inputs, outputs) }
  fileprivate static func mean(
    _ x: Source, _ y: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers
  ) { vm_average_pool_f32(x, y, countsPadding, n, g) }
  fileprivate static func meanGradient(
    _ dy: Source, _ dx: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers
  ) { vm_average_pool_gradient_f32(dy, dx, countsPadding, n, g) }
  fileprivate static func adaptiveMean(_ x: Source, _ y: Target, _ n: Int64, _ g: Numbers) {
    vm_adaptive_average_pool_f32(x, y, n, g)
  }
  fileprivate static func adaptiveMeanGradient(
    _ dy: Source, _ dx: Target, _ n: Int64, _ g: Numbers
  ) { vm_adaptive_average_pool_gradient_f32(dy, dx, n, g) }
}

extension Double: PoolElement {
  fileprivate static func largest(_ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers)
  {
    vm_max_pool_f64(x, y, at, n, g)
  }
  fileprivate static func adaptiveLargest(
    _ x: Source, _ y: Target, _ at: Places, _ n: Int64, _ g: Numbers
  ) { vm_adaptive_max_pool_f64(x, y, at, n, g) }
  fileprivate static func gather(
    _ x: Source, _ at: Places, _ y: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64
  ) { vm_max_pool_gather_f64(x, at, y, n, inputs, outputs) }
  fileprivate static func scatter(
    _ dy: Source, _ at: Places, _ dx: Target, _ n: Int64, _ inputs: Int64, _ outputs: Int64
  ) { vm_max_pool_gradient_f64(dy, at, dx, n, inputs, outputs) }
  fileprivate static func mean(
    _ x: Source, _ y: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers
  ) { vm_average_pool_f64(x, y, countsPadding, n, g) }
  fileprivate static func meanGradient(
    _ dy: Source, _ dx: Target, _ countsPadding: Int32, _ n: Int64, _ g: Numbers
  ) { vm_average_pool_gradient_f64(dy, dx, countsPadding, n, g) }
  fileprivate static func adaptiveMean(_ x: Source, _ y: Target, _ n: Int64, _ g: Numbers) {
    vm_adaptive_average_pool_f64(x, y, n, g)
  }
  fileprivate static func adaptiveMeanGradient(
    _ dy: Source, _ dx: Target, _ n: Int64, _ g: Numbers
  ) { vm_adaptive_average_pool_gradient_f64(dy, dx, n, g) }
}

/// The windows of a pooling operation over each of some planes.
public struct PoolGeometry: Sendable {
  let planes: Int
  let window: WindowGeometry
  let isAdaptive: Bool
  /// Whether a mean is over the border too.
  let countsPadding: Bool

  public init(
    planes: Int, window: WindowGeometry, isAdaptive: Bool = false, countsPadding: Bool = false
  ) {
    self.planes = planes
    self.window = window
    self.isAdaptive = isAdaptive
    self.countsPadding = countsPadding
  }

  /// Elements that are looked at for a plane, about.
  var work: Int {
    isAdaptive ? max(window.inputs, window.positions) : window.positions * window.taps
  }

  var tiling: Tiling { Tiling(count: planes, grain: max(1, 16_384 / max(1, work))) }
}

extension Kernels {
  private struct PoolArguments {
    var geometry: PoolGeometry
    /// `[planes, inputs]`.
    var x: UnsafeMutableRawPointer
    /// `[planes, positions]`.
    var y: UnsafeMutableRawPointer
    var indices: UnsafeMutableRawPointer?
    var tiling: Tiling

    init(
      _ geometry: PoolGeometry, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
      indices: UnsafeMutableRawPointer? = nil
    ) {
      self.geometry = geometry
      self.x = x
      self.y = y
      self.indices = indices
      tiling = geometry.tiling
    }

    /// Where a tile's planes begin, and how many they are.
    @inline(__always)
    func planes<Element>(
      _ tile: Int, _: Element.Type
    ) -> (
      x: UnsafeMutablePointer<Element>, y: UnsafeMutablePointer<Element>,
      indices: UnsafeMutablePointer<Int32>?, count: Int64
    ) {
      let range = tiling.range(tile)
      let (inputs, positions) = (geometry.window.inputs, geometry.window.positions)
      return (
        x.assumingMemoryBound(to: Element.self) + range.lowerBound * inputs,
        y.assumingMemoryBound(to: Element.self) + range.lowerBound * positions,
        indices.map { $0.integers + range.lowerBound * positions }, Int64(range.count)
      )
    }
  }

  private static func call(
    _ name: String, _ element: ElementType, _ arguments: PoolArguments,
    double: @escaping @Sendable (PoolArguments, Int) -> Void,
    single: @escaping @Sendable (PoolArguments, Int) -> Void
  ) -> KernelCall {
    let geometry = arguments.geometry
    return Kernel(
      name, tiles: arguments.tiling.tiles, flops: geometry.planes * geometry.work,
      bytes: bytes(
        geometry.planes * (geometry.window.inputs + geometry.window.positions), element),
      arguments: arguments, for: element, double: double, single: single)
  }

  /// The largest element of each window, and where in its plane it lies (int32).
  public static func maxPool(
    _ name: String, _ element: ElementType, _ geometry: PoolGeometry, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer, indices: UnsafeMutableRawPointer?
  ) -> KernelCall {
    call(
      name, element, PoolArguments(geometry, x: x, y: y, indices: indices),
      double: { maxPool($0, $1, Double.self) }, single: { maxPool($0, $1, Float.self) })
  }

  @inline(__always)
  private static func maxPool<Element: PoolElement>(
    _ a: PoolArguments, _ tile: Int, _: Element.Type
  ) {
    let (x, y, indices, count) = a.planes(tile, Element.self)
    a.geometry.window.withNumbers {
      if a.geometry.isAdaptive {
        Element.adaptiveLargest(x, y, indices, count, $0)
      } else {
        Element.largest(x, y, indices, count, $0)
      }
    }
  }

  /// The elements of planes `x` that indices name, as `y`; or, as a gradient, `y` added to where
  /// they are.
  public static func indexedPool(
    _ name: String, _ element: ElementType, isGradient: Bool, x: UnsafeMutableRawPointer,
    indices: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, planes: Int, inputs: Int,
    outputs: Int
  ) -> KernelCall {
    let window = WindowGeometry(input: [inputs], adaptedTo: [outputs])
    let arguments = PoolArguments(
      PoolGeometry(planes: planes, window: window, isAdaptive: true), x: x, y: y, indices: indices)
    return isGradient
      ? call(
        name, element, arguments, double: { scatter($0, $1, Double.self) },
        single: { scatter($0, $1, Float.self) })
      : call(
        name, element, arguments, double: { gather($0, $1, Double.self) },
        single: { gather($0, $1, Float.self) })
  }

  @inline(__always)
  private static func gather<Element: PoolElement>(
    _ a: PoolArguments, _ tile: Int, _: Element.Type
  ) {
    let (x, y, indices, count) = a.planes(tile, Element.self)
    let window = a.geometry.window
    Element.gather(x, indices, y, count, Int64(window.inputs), Int64(window.positions))
  }

  @inline(__always)
  private static func scatter<Element: PoolElement>(
    _ a: PoolArguments, _ tile: Int, _: Element.Type
  ) {
    let (x, y, indices, count) = a.planes(tile, Element.self)
    let window = a.geometry.window
    Element.scatter(y, indices, x, count, Int64(window.inputs), Int64(window.positions))
  }

  /// The mean `y` of each window of `x`; or, as a gradient, `x` from `y`.
  public static func averagePool(
    _ name: String, _ element: ElementType, _ geometry: PoolGeometry, isGradient: Bool,
    x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let arguments = PoolArguments(geometry, x: x, y: y)
    return isGradient
      ? call(
        name, element, arguments, double: { meanGradient($0, $1, Double.self) },
        single: { meanGradient($0, $1, Float.self) })
      : call(
        name, element, arguments, double: { mean($0, $1, Double.self) },
        single: { mean($0, $1, Float.self) })
  }

  @inline(__always)
  private static func mean<Element: PoolElement>(
    _ a: PoolArguments, _ tile: Int, _: Element.Type
  ) {
    let (x, y, _, count) = a.planes(tile, Element.self)
    a.geometry.window.withNumbers {
      if a.geometry.isAdaptive {
        Element.adaptiveMean(x, y, count, $0)
      } else {
        Element.mean(x, y, a.geometry.countsPadding ? 1 : 0, count, $0)
      }
    }
  }

  @inline(__always)
  private static func meanGradient<Element: PoolElement>(
    _ a: PoolArguments, _ tile: Int, _: Element.Type
  ) {
    let (dx, dy, _, count) = a.planes(tile, Element.self)
    a.geometry.window.withNumbers {
      if a.geometry.isAdaptive {
        Element.adaptiveMeanGradient(dy, dx, count, $0)
      } else {
        Element.meanGradient(dy, dx, a.geometry.countsPadding ? 1 : 0, count, $0)
      }
    }
  }
}
