import CVectorMath

/// `out = a x + b y` over vectors of `float32`, spread over a team.
///
/// - `out` may be `x` or `y`. Where `a` is 0 `x` isn't read.
public final class WeightedSum {
  /// The two factors, which a run reads.
  private let factors: UnsafeMutablePointer<(a: Float, b: Float)>
  private let calls: KernelSequence

  private struct Vectors: @unchecked Sendable {
    let out: UnsafeMutablePointer<Float>
    let x: UnsafePointer<Float>
    let y: UnsafePointer<Float>
    let tiling: Tiling
    let factors: UnsafePointer<(a: Float, b: Float)>
  }

  /// - Parameters:
  ///   - count: elements of each.
  public init(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>,
    count: Int
  ) {
    factors = .allocate(capacity: 1)
    factors.initialize(to: (0, 0))
    let tiling = Tiling(count: count, grain: 16_384, multiple: 16)
    let vectors = Vectors(out: out, x: x, y: y, tiling: tiling, factors: factors)
    calls = KernelSequence([
      Kernel(
        "weighted_sum", tiles: tiling.tiles, flops: 3 * count, bytes: 12 * count, arguments: vectors
      ) { vectors, tile in
        let range = vectors.tiling.range(tile)
        let start = range.lowerBound
        vm_combine_f32(
          vectors.out + start, vectors.x + start, vectors.y + start, vectors.factors.pointee.a,
          vectors.factors.pointee.b, range.count)
      }
    ])
  }

  deinit { factors.deallocate() }

  public func run(_ a: Double, _ b: Double, on team: ThreadTeam) {
    factors.pointee = (Float(a), Float(b))
    calls.run(on: team)
  }
}
