import CVectorMath
import Tensors

/// What a normalisation's kernels read and write besides `x` and `y`.
///
/// A weight and a bias belong together with a column of a row, or with a channel.
public struct NormalizationParameters: @unchecked Sendable {
  public var weight: UnsafeMutableRawPointer?
  public var bias: UnsafeMutableRawPointer?
  /// Means, then scales or variances; `nil` when nobody wants them.
  public var statistics: UnsafeMutableRawPointer?
  public var epsilon: Double

  public init(
    weight: UnsafeMutableRawPointer?, bias: UnsafeMutableRawPointer? = nil,
    statistics: UnsafeMutableRawPointer?, epsilon: Double
  ) {
    self.weight = weight
    self.bias = bias
    self.statistics = statistics
    self.epsilon = epsilon
  }
}

extension Kernels {
  private struct NormalizationArguments {
    var x: UnsafeMutableRawPointer
    var dy: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var parameters: NormalizationParameters
    /// Sums for weight and bias: two rows of `channels` in double, a pair for each tile.
    var sums: UnsafeMutablePointer<Double>?
    var isCentred: Int32 = 1
    /// How many means there are, before the scales.
    var rows: Int
    var channels: Int
    var inner = 1
    var groups = 1
    var tiling: Tiling

    /// A tile's sums, set to 0.
    @inline(__always)
    func sums(_ tile: Int) -> (UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Double>?) {
      guard let sums else { return (nil, nil) }
      let count = isCentred == 1 ? 2 * channels : channels
      let own = sums + tile * count
      own.update(repeating: 0, count: count)
      return (own, isCentred == 1 ? own + channels : nil)
    }
  }

  private struct SumArguments {
    var partials: UnsafeMutablePointer<Double>
    var y: UnsafeMutableRawPointer
    var parts: Int
    var count: Int
    var tiling: Tiling
  }

  /// The partial sums of the tiles, added in their order.
  private static func addSums(
    _ element: ElementType, partials: UnsafeMutablePointer<Double>, y: UnsafeMutableRawPointer,
    parts: Int, count: Int
  ) -> KernelCall {
    let tiling = Tiling(count: count, grain: 16_384, multiple: 64)
    return Kernel(
      "add_sums", tiles: tiling.tiles, flops: parts * count,
      bytes: 8 * parts * count + bytes(count, element),
      arguments: SumArguments(
        partials: partials, y: y, parts: parts, count: count, tiling: tiling),
      for: element,
      double: { a, tile in
        let range = a.tiling.range(tile)
        vm_add_sums_f64(
          a.partials, a.y.doubles, Int64(a.parts), Int64(a.count), Int64(range.lowerBound),
          Int64(range.upperBound))
      },
      single: { a, tile in
        let range = a.tiling.range(tile)
        vm_add_sums_f32(
          a.partials, a.y.floats, Int64(a.parts), Int64(a.count), Int64(range.lowerBound),
          Int64(range.upperBound))
      })
  }
}

extension Kernels {
  /// Layer normalisation of each row, or root-mean-square normalisation when not centred; `y` may be `x`.
  ///
  /// Statistics are `[2, rows]`: means and scales.
  public static func layerNorm(
    _ element: ElementType, isCentred: Bool, _ parameters: NormalizationParameters,
    x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer, rows: Int, width: Int
  ) -> KernelCall {
    let tiling = rowTiling(rows, width: width)
    let arguments = NormalizationArguments(
      x: x, dy: x, y: y, parameters: parameters, isCentred: isCentred ? 1 : 0, rows: rows,
      channels: width, tiling: tiling)
    return Kernel(
      isCentred ? "layer_norm" : "rms_norm", tiles: tiling.tiles, flops: 8 * rows * width,
      bytes: bytes(2 * rows * width, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, p) = (a.tiling.range(tile), a.parameters)
        let start = range.lowerBound * a.channels
        let means = p.statistics.map { $0.doubles + range.lowerBound }
        vm_layer_norm_f64(
          a.x.doubles + start, p.weight?.doubles, p.bias?.doubles, a.y.doubles + start, means,
          means.map { $0 + a.rows }, a.isCentred, p.epsilon, Int64(range.count),
          Int64(a.channels))
      },
      single: { a, tile in
        let (range, p) = (a.tiling.range(tile), a.parameters)
        let start = range.lowerBound * a.channels
        let means = p.statistics.map { $0.floats + range.lowerBound }
        vm_layer_norm_f32(
          a.x.floats + start, p.weight?.floats, p.bias?.floats, a.y.floats + start, means,
          means.map { $0 + a.rows }, a.isCentred, p.epsilon, Int64(range.count),
          Int64(a.channels))
      })
  }

  /// Bytes for the tiles' sums over rows, in double.
  public static func layerNormWorkspaceBytes(isCentred: Bool, rows: Int, width: Int) -> Int {
    rowTiling(rows, width: width).tiles * (isCentred ? 2 : 1) * width * 8
  }

  /// `dx`, and the derivatives by weight and bias, `[2, width]`, or by the weight alone, `[1, width]`.
  ///
  /// `dx` may be `dy` or `x`; statistics are those of the forward kernel.
  public static func layerNormGradient(
    _ element: ElementType, isCentred: Bool, _ parameters: NormalizationParameters,
    dy: UnsafeMutableRawPointer, x: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer,
    sums: UnsafeMutableRawPointer?, rows: Int, width: Int, workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let tiling = rowTiling(rows, width: width)
    let partials = sums.map { _ in workspace.doubles }
    let arguments = NormalizationArguments(
      x: x, dy: dy, y: dx, parameters: parameters, sums: partials, isCentred: isCentred ? 1 : 0,
      rows: rows, channels: width, tiling: tiling)
    let call = Kernel(
      isCentred ? "layer_norm_gradient" : "rms_norm_gradient", tiles: tiling.tiles,
      flops: 16 * rows * width, bytes: bytes(3 * rows * width, element), arguments: arguments,
      for: element,
      double: { a, tile in
        let (range, p, sums) = (a.tiling.range(tile), a.parameters, a.sums(tile))
        let start = range.lowerBound * a.channels
        let means = p.statistics.map { $0.doubles + range.lowerBound }
        vm_layer_norm_gradient_f64(
          a.dy.doubles + start, a.x.doubles + start, p.weight?.doubles, means,
          means.map { $0 + a.rows }, a.y.doubles + start, sums.0, sums.1, a.isCentred,
          Int64(range.count), Int64(a.channels))
      },
      single: { a, tile in
        let (range, p, sums) = (a.tiling.range(tile), a.parameters, a.sums(tile))
        let start = range.lowerBound * a.channels
        let means = p.statistics.map { $0.floats + range.lowerBound }
        vm_layer_norm_gradient_f32(
          a.dy.floats + start, a.x.floats + start, p.weight?.floats, means,
          means.map { $0 + a.rows }, a.y.floats + start, sums.0, sums.1, a.isCentred,
          Int64(range.count), Int64(a.channels))
      })
    guard let sums, let partials else { return [call] }
    let count = isCentred ? 2 * width : width
    return [
      call, addSums(element, partials: partials, y: sums, parts: tiling.tiles, count: count),
    ]
  }
}

/// A tensor of images as normalisation over channels sees it, `[images, channels, inner]`.
public struct ChannelGeometry: Hashable, Sendable {
  public var images: Int
  public var channels: Int
  public var inner: Int

  public init(images: Int, channels: Int, inner: Int) {
    self.images = images
    self.channels = channels
    self.inner = inner
  }

  var count: Int { images * channels * inner }

  /// Channels are cut by shape alone, so that a tile has runs of some 64 numbers.
  var tiling: Tiling {
    Tiling(
      count: channels, grain: max(1, 16_384 / max(1, images * inner)),
      multiple: max(1, 64 / inner))
  }
}

extension Kernels {
  /// Group normalisation; `y` may be `x`. Statistics are `[2, images · groups]`: means and scales.
  public static func groupNorm(
    _ element: ElementType, _ geometry: ChannelGeometry, groups: Int,
    _ parameters: NormalizationParameters, x: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let rows = geometry.images * groups
    let tiling = rowTiling(rows, width: geometry.count / rows)
    let arguments = NormalizationArguments(
      x: x, dy: x, y: y, parameters: parameters, rows: rows, channels: geometry.channels,
      inner: geometry.inner, groups: groups, tiling: tiling)
    return Kernel(
      "group_norm", tiles: tiling.tiles, flops: 8 * geometry.count,
      bytes: bytes(2 * geometry.count, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, p) = (a.tiling.range(tile), a.parameters)
        vm_group_norm_f64(
          a.x.doubles, p.weight?.doubles, p.bias?.doubles, a.y.doubles, p.statistics?.doubles,
          p.statistics.map { $0.doubles + a.rows }, p.epsilon, Int64(a.groups), Int64(a.channels),
          Int64(a.inner), Int64(range.lowerBound), Int64(range.upperBound))
      },
      single: { a, tile in
        let (range, p) = (a.tiling.range(tile), a.parameters)
        vm_group_norm_f32(
          a.x.floats, p.weight?.floats, p.bias?.floats, a.y.floats, p.statistics?.floats,
          p.statistics.map { $0.floats + a.rows }, p.epsilon, Int64(a.groups), Int64(a.channels),
          Int64(a.inner), Int64(range.lowerBound), Int64(range.upperBound))
      })
  }

  /// Bytes for the tiles' sums over images, in double.
  public static func groupNormWorkspaceBytes(_ geometry: ChannelGeometry, groups: Int) -> Int {
    let rows = geometry.images * groups
    return rowTiling(rows, width: geometry.count / rows).tiles * 2 * geometry.channels * 8
  }

  /// `dx`, and the derivatives by weight and bias, `[2, channels]`; `dx` may be `dy` or `x`.
  public static func groupNormGradient(
    _ element: ElementType, _ geometry: ChannelGeometry, groups: Int,
    _ parameters: NormalizationParameters, dy: UnsafeMutableRawPointer,
    x: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer, sums: UnsafeMutableRawPointer?,
    workspace: UnsafeMutableRawPointer
  ) -> [KernelCall] {
    let rows = geometry.images * groups
    let tiling = rowTiling(rows, width: geometry.count / rows)
    let partials = sums.map { _ in workspace.doubles }
    let arguments = NormalizationArguments(
      x: x, dy: dy, y: dx, parameters: parameters, sums: partials, rows: rows,
      channels: geometry.channels, inner: geometry.inner, groups: groups, tiling: tiling)
    let call = Kernel(
      "group_norm_gradient", tiles: tiling.tiles, flops: 16 * geometry.count,
      bytes: bytes(3 * geometry.count, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, p, sums) = (a.tiling.range(tile), a.parameters, a.sums(tile))
        vm_group_norm_gradient_f64(
          a.dy.doubles, a.x.doubles, p.weight?.doubles, p.statistics?.doubles,
          p.statistics.map { $0.doubles + a.rows }, a.y.doubles, sums.0, sums.1, Int64(a.groups),
          Int64(a.channels), Int64(a.inner), Int64(range.lowerBound), Int64(range.upperBound))
      },
      single: { a, tile in
        let (range, p, sums) = (a.tiling.range(tile), a.parameters, a.sums(tile))
        vm_group_norm_gradient_f32(
          a.dy.floats, a.x.floats, p.weight?.floats, p.statistics?.floats,
          p.statistics.map { $0.floats + a.rows }, a.y.floats, sums.0, sums.1, Int64(a.groups),
          Int64(a.channels), Int64(a.inner), Int64(range.lowerBound), Int64(range.upperBound))
      })
    guard let sums, let partials else { return [call] }
    return [
      call,
      addSums(
        element, partials: partials, y: sums, parts: tiling.tiles, count: 2 * geometry.channels),
    ]
  }
}

extension Kernels {
  private struct BatchNormArguments {
    var x: UnsafeMutableRawPointer
    var dy: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var means: UnsafeMutableRawPointer
    var variances: UnsafeMutableRawPointer
    var weight: UnsafeMutableRawPointer?
    var bias: UnsafeMutableRawPointer?
    var sums: UnsafeMutableRawPointer?
    var epsilon: Double
    var geometry: ChannelGeometry
    var tiling: Tiling
  }

  /// Mean and biased variance of every channel, `[2, channels]`.
  public static func channelMoments(
    _ element: ElementType, _ geometry: ChannelGeometry, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let tiling = geometry.tiling
    let arguments = BatchNormArguments(
      x: x, dy: x, y: y, means: y, variances: y, epsilon: 0, geometry: geometry, tiling: tiling)
    return Kernel(
      "channel_moments", tiles: tiling.tiles, flops: 4 * geometry.count,
      bytes: bytes(geometry.count, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_channel_moments_f64(
          a.x.doubles, a.y.doubles, a.y.doubles + g.channels, Int64(g.images), Int64(g.channels),
          Int64(g.inner), Int64(range.lowerBound), Int64(range.upperBound))
      },
      single: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_channel_moments_f32(
          a.x.floats, a.y.floats, a.y.floats + g.channels, Int64(g.images), Int64(g.channels),
          Int64(g.inner), Int64(range.lowerBound), Int64(range.upperBound))
      })
  }

  /// Batch normalisation with the given means and variances; `y` may be `x`.
  public static func batchNorm(
    _ element: ElementType, _ geometry: ChannelGeometry, means: UnsafeMutableRawPointer,
    variances: UnsafeMutableRawPointer, weight: UnsafeMutableRawPointer?,
    bias: UnsafeMutableRawPointer?, epsilon: Double, x: UnsafeMutableRawPointer,
    y: UnsafeMutableRawPointer
  ) -> KernelCall {
    let tiling = geometry.tiling
    let arguments = BatchNormArguments(
      x: x, dy: x, y: y, means: means, variances: variances, weight: weight, bias: bias,
      epsilon: epsilon, geometry: geometry, tiling: tiling)
    return Kernel(
      "batch_norm", tiles: tiling.tiles, flops: 3 * geometry.count,
      bytes: bytes(2 * geometry.count, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_batch_norm_f64(
          a.x.doubles, a.means.doubles, a.variances.doubles, a.weight?.doubles, a.bias?.doubles,
          a.y.doubles, a.epsilon, Int64(g.images), Int64(g.channels), Int64(g.inner),
          Int64(range.lowerBound), Int64(range.upperBound))
      },
      single: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_batch_norm_f32(
          a.x.floats, a.means.floats, a.variances.floats, a.weight?.floats, a.bias?.floats,
          a.y.floats, a.epsilon, Int64(g.images), Int64(g.channels), Int64(g.inner),
          Int64(range.lowerBound), Int64(range.upperBound))
      })
  }

  /// `dx` and the derivatives by weight and bias, `[2, channels]`, when means and variances are the batch's.
  ///
  /// `dx` may be `dy` or `x`.
  public static func batchNormGradient(
    _ element: ElementType, _ geometry: ChannelGeometry, means: UnsafeMutableRawPointer,
    variances: UnsafeMutableRawPointer, weight: UnsafeMutableRawPointer?, epsilon: Double,
    dy: UnsafeMutableRawPointer, x: UnsafeMutableRawPointer, dx: UnsafeMutableRawPointer,
    sums: UnsafeMutableRawPointer?
  ) -> KernelCall {
    let tiling = geometry.tiling
    let arguments = BatchNormArguments(
      x: x, dy: dy, y: dx, means: means, variances: variances, weight: weight, sums: sums,
      epsilon: epsilon, geometry: geometry, tiling: tiling)
    return Kernel(
      "batch_norm_gradient", tiles: tiling.tiles, flops: 10 * geometry.count,
      bytes: bytes(3 * geometry.count, element), arguments: arguments, for: element,
      double: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_batch_norm_gradient_f64(
          a.dy.doubles, a.x.doubles, a.means.doubles, a.variances.doubles, a.weight?.doubles,
          a.y.doubles, a.sums?.doubles, a.sums.map { $0.doubles + g.channels }, a.epsilon,
          Int64(g.images), Int64(g.channels), Int64(g.inner), Int64(range.lowerBound),
          Int64(range.upperBound))
      },
      single: { a, tile in
        let (range, g) = (a.tiling.range(tile), a.geometry)
        vm_batch_norm_gradient_f32(
          a.dy.floats, a.x.floats, a.means.floats, a.variances.floats, a.weight?.floats,
          a.y.floats, a.sums?.floats, a.sums.map { $0.floats + g.channels }, a.epsilon,
          Int64(g.images), Int64(g.channels), Int64(g.inner), Int64(range.lowerBound),
          Int64(range.upperBound))
      })
  }
}
