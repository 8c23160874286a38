import COpenBLAS
import CVectorMath
import Tensors

/// Sums of vectors and their products, for vectors of one length, spread over a team.
///
/// Products are added in double precision, tile by tile in order, so that they don't depend on the number of threads.
/// Nothing here allocates once it's made. One caller at a time.
public final class VectorAlgebra {
  public let count: Int
  private let operands: UnsafeMutablePointer<Operands>
  private let sums: UnsafeMutablePointer<Double>
  private let tiles: Int
  private let combination: KernelSequence
  private let multiplication: KernelSequence
  private let magnitudes: KernelSequence
  private let maximum: KernelSequence
  private let team: ThreadTeam

  private struct Operands {
    var out: UnsafeMutableRawPointer?
    var x: UnsafeRawPointer?
    var y: UnsafeRawPointer?
    var a = 0.0
    var b = 0.0

    func floats(_ range: Range<Int>) -> (
      out: UnsafeMutablePointer<Float>?, x: UnsafePointer<Float>?, y: UnsafePointer<Float>?
    ) {
      let start = range.lowerBound
      return (
        (out?.assumingMemoryBound(to: Float.self)).map { $0 + start },
        (x?.assumingMemoryBound(to: Float.self)).map { $0 + start },
        (y?.assumingMemoryBound(to: Float.self)).map { $0 + start }
      )
    }

    func doubles(_ range: Range<Int>) -> (
      out: UnsafeMutablePointer<Double>?, x: UnsafePointer<Double>?, y: UnsafePointer<Double>?
    ) {
      let start = range.lowerBound
      return (
        (out?.assumingMemoryBound(to: Double.self)).map { $0 + start },
        (x?.assumingMemoryBound(to: Double.self)).map { $0 + start },
        (y?.assumingMemoryBound(to: Double.self)).map { $0 + start }
      )
    }
  }

  private struct Arguments: @unchecked Sendable {
    let operands: UnsafePointer<Operands>
    let sums: UnsafeMutablePointer<Double>
    let tiling: Tiling
  }

  /// - Parameter count: elements of each vector.
  public init(count: Int, element: ElementType, team: ThreadTeam) {
    _ = BLAS.isReady
    self.count = count
    self.team = team
    let tiling = Tiling(count: count, grain: 16_384, multiple: 16)
    tiles = tiling.tiles
    operands = .allocate(capacity: 1)
    operands.initialize(to: Operands())
    sums = .allocate(capacity: tiling.tiles)
    sums.initialize(repeating: 0, count: tiling.tiles)
    let arguments = Arguments(operands: operands, sums: sums, tiling: tiling)
    func sequence(
      _ name: String, arrays: Int,
      double: @escaping @Sendable (Arguments, Int) -> Void,
      single: @escaping @Sendable (Arguments, Int) -> Void
    ) -> KernelSequence {
      KernelSequence([
        Kernel(
          name, tiles: tiling.tiles, flops: 2 * count, bytes: arrays * count * element.byteCount,
          arguments: arguments, for: element, double: double, single: single)
      ])
    }
    combination = sequence(
      "combine", arrays: 3,
      double: { arguments, tile in
        let range = arguments.tiling.range(tile)
        let (out, x, y) = arguments.operands.pointee.doubles(range)
        let (a, b) = (arguments.operands.pointee.a, arguments.operands.pointee.b)
        vm_combine_f64(out, x, y, a, b, range.count)
      },
      single: { arguments, tile in
        let range = arguments.tiling.range(tile)
        let (out, x, y) = arguments.operands.pointee.floats(range)
        let (a, b) = (arguments.operands.pointee.a, arguments.operands.pointee.b)
        vm_combine_f32(out, x, y, Float(a), Float(b), range.count)
      })
    multiplication = sequence(
      "product", arrays: 2,
      double: { arguments, tile in
        let range = arguments.tiling.range(tile)
        let (_, x, y) = arguments.operands.pointee.doubles(range)
        arguments.sums[tile] = cblas_ddot(blasint(range.count), x, 1, y, 1)
      },
      single: { arguments, tile in
        let range = arguments.tiling.range(tile)
        let (_, x, y) = arguments.operands.pointee.floats(range)
        arguments.sums[tile] = vm_compare_f32(x, y, range.count).product
      })
    magnitudes = sequence(
      "magnitudes", arrays: 1,
      double: { arguments, tile in
        let range = arguments.tiling.range(tile)
        arguments.sums[tile] = cblas_dasum(
          blasint(range.count), arguments.operands.pointee.doubles(range).x, 1)
      },
      single: { arguments, tile in
        let range = arguments.tiling.range(tile)
        arguments.sums[tile] = Double(
          cblas_sasum(blasint(range.count), arguments.operands.pointee.floats(range).x, 1))
      })
    maximum = sequence(
      "largest", arrays: 1,
      double: { arguments, tile in
        let range = arguments.tiling.range(tile)
        guard !range.isEmpty, let x = arguments.operands.pointee.doubles(range).x else { return }
        arguments.sums[tile] = abs(x[Int(cblas_idamax(blasint(range.count), x, 1))])
      },
      single: { arguments, tile in
        let range = arguments.tiling.range(tile)
        guard !range.isEmpty, let x = arguments.operands.pointee.floats(range).x else { return }
        arguments.sums[tile] = Double(abs(x[Int(cblas_isamax(blasint(range.count), x, 1))]))
      })
  }

  deinit {
    operands.deallocate()
    sums.deallocate()
  }

  /// `out = a x + b y`; `out` may be `x` or `y`. Where `a` is 0 `x` isn't read.
  public func combine(
    _ out: UnsafeMutableRawPointer, _ a: Double, _ x: UnsafeRawPointer, _ b: Double,
    _ y: UnsafeRawPointer
  ) {
    operands.pointee = Operands(out: out, x: x, y: y, a: a, b: b)
    combination.run(on: team)
  }

  /// `Σ x y`.
  public func product(_ x: UnsafeRawPointer, _ y: UnsafeRawPointer) -> Double {
    operands.pointee = Operands(x: x, y: y)
    multiplication.run(on: team)
    return sum
  }

  /// `Σ |x|`.
  public func sumOfMagnitudes(_ x: UnsafeRawPointer) -> Double {
    operands.pointee = Operands(x: x)
    magnitudes.run(on: team)
    return sum
  }

  /// The largest `|x|`.
  public func largestMagnitude(_ x: UnsafeRawPointer) -> Double {
    operands.pointee = Operands(x: x)
    maximum.run(on: team)
    var largest = 0.0
    for tile in 0..<tiles { largest = max(largest, sums[tile]) }
    return largest
  }

  private var sum: Double {
    var sum = 0.0
    for tile in 0..<tiles { sum += sums[tile] }
    return sum
  }
}
