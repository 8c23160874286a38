import CVectorMath
import Tensors

extension Kernels {
  private struct PairArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var rows: Int
    var width: Int
    var tiling: Tiling
  }

  /// The squared distance of each two rows: `x [rows, width]`, `y [rows, rows]`.
  public static func pairDistances(
    _ element: ElementType, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, rows: Int,
    width: Int
  ) -> KernelCall {
    let tiling = Tiling(count: rows, grain: max(1, 16_384 / max(1, rows * width)))
    let arguments = PairArguments(x: x, y: y, rows: rows, width: width, tiling: tiling)
    return Kernel(
      "pair_distances", tiles: tiling.tiles, flops: 3 * rows * rows * width,
      bytes: bytes(rows * (rows + width), element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_pair_distances_f64(
          a.x.doubles, a.y.doubles, Int64(a.rows), Int64(a.width), Int64(range.lowerBound),
          Int64(range.upperBound))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_pair_distances_f32(
          a.x.floats, a.y.floats, Int64(a.rows), Int64(a.width), Int64(range.lowerBound),
          Int64(range.upperBound))
      })
  }

  /// Which triplets of a batch cost what.
  public struct TripletSettings: Hashable, Sendable {
    /// Each anchor's farthest positive and nearest negative alone, and not all that cost something.
    public var isHard: Bool
    /// Softplus in the place of the hinge.
    public var isSoft: Bool
    public var margin: Double

    public init(isHard: Bool, isSoft: Bool, margin: Double) {
      self.isHard = isHard
      self.isSoft = isSoft
      self.margin = margin
    }
  }

  private struct TripletArguments {
    var settings: TripletSettings
    var distances: UnsafeMutableRawPointer
    var same: UnsafeMutableRawPointer
    var slopes: UnsafeMutableRawPointer?
    var y: UnsafeMutableRawPointer
    /// Pairs of sum and count for each row, and then what slopes are scaled by.
    var totals: UnsafeMutableRawPointer
    var rows: Int
    var tiling: Tiling

    var share: UnsafeMutablePointer<Double> { totals.doubles + 2 * rows }
  }

  public static func tripletWorkspaceBytes(rows: Int) -> Int { 8 * (2 * rows + 1) }

  /// The mean cost of triplets, from distances and which rows are of one class, both `[rows, rows]`; its
  /// derivative by the distances when `slopes` isn't `nil`.
  public static func triplets(
    _ element: ElementType, _ settings: TripletSettings, distances: UnsafeMutableRawPointer,
    same: UnsafeMutableRawPointer, slopes: UnsafeMutableRawPointer?, y: UnsafeMutableRawPointer,
    rows: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let work = settings.isHard ? rows : rows * rows
    let tiling = Tiling(count: rows, grain: max(1, 16_384 / max(1, work)))
    let arguments = TripletArguments(
      settings: settings, distances: distances, same: same, slopes: slopes, y: y,
      totals: workspace, rows: rows, tiling: tiling)
    let costs = Kernel(
      "triplets", tiles: tiling.tiles, flops: 4 * rows * work,
      bytes: bytes(3 * rows * rows, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_triplets_f64(
          a.settings.isHard ? 1 : 0, a.settings.isSoft ? 1 : 0, a.settings.margin,
          a.distances.doubles, a.same.doubles, a.slopes?.doubles, a.totals.doubles, Int64(a.rows),
          Int64(range.lowerBound), Int64(range.upperBound))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_triplets_f32(
          a.settings.isHard ? 1 : 0, a.settings.isSoft ? 1 : 0, Float(a.settings.margin),
          a.distances.floats, a.same.floats, a.slopes?.floats, a.totals.doubles, Int64(a.rows),
          Int64(range.lowerBound), Int64(range.upperBound))
      })
    let mean = Kernel(
      "mean_of_triplets", flops: 2 * rows, bytes: 16 * rows, arguments: arguments,
      for: element,
      double: { a, _ in
        vm_triplet_mean_f64(a.totals.doubles, Int64(a.rows), a.share, a.y.doubles)
      },
      single: { a, _ in vm_triplet_mean_f32(a.totals.doubles, Int64(a.rows), a.share, a.y.floats) })
    guard slopes != nil else { return [costs, mean] }
    var scaling = arguments
    scaling.tiling = Tiling(count: rows * rows, grain: 16_384, multiple: 64)
    let scale = Kernel(
      "scale_triplets", tiles: scaling.tiling.tiles, flops: rows * rows,
      bytes: bytes(2 * rows * rows, element), arguments: scaling,
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        guard let slopes = a.slopes?.doubles else { return }
        vm_scale_by_number_f64(slopes + range.lowerBound, a.share, Int64(range.count))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        guard let slopes = a.slopes?.floats else { return }
        vm_scale_by_number_f32(slopes + range.lowerBound, a.share, Int64(range.count))
      })
    return [costs, mean, scale]
  }
}
