import CVectorMath
import Tensors

/// The shape of a batch for connectionist temporal classification, and how it is read.
public struct CTCGeometry: Hashable, Sendable {
  public var examples: Int
  public var steps: Int
  public var classes: Int
  /// Labels of an example at most.
  public var places: Int
  public var blank: Int
  /// Whether what no path makes costs nothing, and not infinity.
  public var dropsInfinity: Bool

  public init(
    examples: Int, steps: Int, classes: Int, places: Int, blank: Int, dropsInfinity: Bool
  ) {
    self.examples = examples
    self.steps = steps
    self.classes = classes
    self.places = places
    self.blank = blank
    self.dropsInfinity = dropsInfinity
  }

  fileprivate var tiling: Tiling { Tiling(count: examples, grain: 1) }

  /// Doubles that one thread works with.
  fileprivate var scratch: Int { 2 * steps + (steps + 4) * (2 * places + 5) }
}

extension Kernels {
  private struct CTCArguments {
    var geometry: CTCGeometry
    var x: UnsafeMutableRawPointer
    var labels: UnsafeMutableRawPointer
    var mask: UnsafeMutableRawPointer?
    var dx: UnsafeMutableRawPointer?
    /// The losses of all examples, then each tile's scratch.
    var workspace: UnsafeMutableRawPointer
    var tiling: Tiling

    func scratch(_ tile: Int) -> UnsafeMutablePointer<Double> {
      workspace.doubles + geometry.examples + tile * geometry.scratch
    }
  }

  public static func ctcWorkspaceBytes(_ geometry: CTCGeometry) -> Int {
    8 * (geometry.examples + geometry.tiling.tiles * geometry.scratch)
  }

  /// The mean over examples of the loss over their number of labels, and its derivative by the logits
  /// when `dx` isn't `nil`.
  ///
  /// - Parameter mask: `[examples, steps]`, 0 at steps that there aren't; `nil` for none such.
  public static func ctc(
    _ element: ElementType, _ geometry: CTCGeometry, x: UnsafeMutableRawPointer,
    labels: UnsafeMutableRawPointer, mask: UnsafeMutableRawPointer?,
    dx: UnsafeMutableRawPointer?, y: UnsafeMutableRawPointer, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let g = geometry
    let arguments = CTCArguments(
      geometry: g, x: x, labels: labels, mask: mask, dx: dx, workspace: workspace, tiling: g.tiling)
    let work = g.examples * g.steps
    let losses = Kernel(
      "ctc", tiles: g.tiling.tiles, flops: work * (4 * g.classes + 10 * (2 * g.places + 1)),
      bytes: bytes(2 * work * g.classes, element) + 16 * work * (2 * g.places + 1),
      arguments: arguments, for: element,
      double: { a, tile in
        let (g, range) = (a.geometry, a.tiling.range(tile))
        vm_ctc_f64(
          a.x.doubles, a.labels.integers, a.mask?.doubles, a.dx?.doubles, a.workspace.doubles,
          Int64(g.blank),
          g.dropsInfinity ? 1 : 0, Int64(g.examples), Int64(g.steps), Int64(g.classes),
          Int64(g.places), Int64(range.lowerBound), Int64(range.upperBound), a.scratch(tile))
      },
      single: { a, tile in
        let (g, range) = (a.geometry, a.tiling.range(tile))
        vm_ctc_f32(
          a.x.floats, a.labels.integers, a.mask?.floats, a.dx?.floats, a.workspace.doubles,
          Int64(g.blank),
          g.dropsInfinity ? 1 : 0, Int64(g.examples), Int64(g.steps), Int64(g.classes),
          Int64(g.places), Int64(range.lowerBound), Int64(range.upperBound), a.scratch(tile))
      })
    return [losses, mean(element, of: workspace, parts: g.examples, over: g.examples, y: y)]
  }
}
