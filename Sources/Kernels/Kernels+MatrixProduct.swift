import COpenBLAS
import CVectorMath
import Tensors

/// OpenBLAS at one thread: a team of ours has all parallelism.
enum BLAS {
  static let isReady: Bool = {
    openblas_set_num_threads(1)
    return true
  }()
}

/// `C [m, n] = op(A) op(B)`, all row-major.
struct Product {
  var transposeA: Bool
  var transposeB: Bool
  var m: Int
  var n: Int
  var k: Int

  /// Below this many multiply-adds preparing for BLAS costs more than the product.
  static let smallest = 12_288

  var isSmall: Bool { m * n * k <= Product.smallest }

  /// Rows of C from `first` on.
  @inline(__always)
  func run(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>,
    rows: Range<Int>, scratch: UnsafeMutablePointer<Float>, beta: Float = 0
  ) {
    let start = a + (transposeA ? rows.lowerBound : rows.lowerBound * k)
    let target = c + rows.lowerBound * n
    if isSmall && beta == 0 {
      vm_small_gemm_f32(
        transposeA ? 1 : 0, transposeB ? 1 : 0, Int64(rows.count), Int64(n), Int64(k), start,
        Int64(transposeA ? m : k), b, Int64(transposeB ? k : n), target, Int64(n), scratch)
    } else {
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, Int32(rows.count), Int32(n), Int32(k), 1, start,
        Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), beta, target, Int32(n))
    }
  }

  @inline(__always)
  func run(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafeMutablePointer<Double>,
    rows: Range<Int>, scratch: UnsafeMutablePointer<Double>, beta: Double = 0
  ) {
    let start = a + (transposeA ? rows.lowerBound : rows.lowerBound * k)
    let target = c + rows.lowerBound * n
    if isSmall && beta == 0 {
      vm_small_gemm_f64(
        transposeA ? 1 : 0, transposeB ? 1 : 0, Int64(rows.count), Int64(n), Int64(k), start,
        Int64(transposeA ? m : k), b, Int64(transposeB ? k : n), target, Int64(n), scratch)
    } else {
      cblas_dgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, Int32(rows.count), Int32(n), Int32(k), 1, start,
        Int32(transposeA ? m : k), b, Int32(transposeB ? k : n), beta, target, Int32(n))
    }
  }
}

extension Kernels {
  private struct ProductArguments {
    var product: Product
    var a: UnsafeMutableRawPointer
    var b: UnsafeMutableRawPointer
    var c: UnsafeMutableRawPointer
    var bias: UnsafeMutableRawPointer?
    var epilogue: BoundProgram?
    var scratch: UnsafeMutableRawPointer
    var tiling: Tiling
  }

  /// Bytes of scratch memory that a product of this size wants.
  public static func productWorkspaceBytes(
    m: Int, n: Int, k: Int, transposeB: Bool, _ element: ElementType
  ) -> Int {
    let product = Product(transposeA: false, transposeB: transposeB, m: m, n: n, k: k)
    let needsLayout = transposeB || n % 16 != 0
    return product.isSmall && needsLayout ? (n + 15) / 16 * 16 * k * element.byteCount : 0
  }

  /// `C [m, n] = f(op(A) op(B) + bias)`; bias and function are applied while a tile is at hand.
  ///
  /// - Parameter epilogue: a program whose first input is the product with its bias; the others are
  ///   broadcast to `[m, n]`.
  public static func product(
    _ name: String, _ element: ElementType, transposeA: Bool = false, transposeB: Bool = false,
    m: Int, n: Int, k: Int, a: UnsafeMutableRawPointer, b: UnsafeMutableRawPointer,
    c: UnsafeMutableRawPointer, bias: UnsafeMutableRawPointer? = nil,
    then epilogue: Epilogue? = nil, workspace: UnsafeMutableRawPointer
  ) -> KernelCall {
    _ = BLAS.isReady
    let product = Product(transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k)
    // A tile has a few million multiply-adds, so that packing B for each costs little.
    let tiling =
      product.isSmall
      ? Tiling(count: m, grain: m)
      : Tiling(count: m, grain: max(16, 2_000_000 / max(1, n * k)), multiple: 16, most: 4)
    let arguments = ProductArguments(
      product: product, a: a, b: b, c: c, bias: bias,
      epilogue: epilogue.map { $0.bound(to: c, shape: [m, n]) }, scratch: workspace,
      tiling: tiling)
    let extra = epilogue?.inputs.reduce(0) { $0 + $1.shape.count } ?? 0
    return Kernel(
      name, tiles: tiling.tiles,
      flops: 2 * m * n * k + (epilogue?.program.instructions.count ?? 0) * m * n,
      bytes: bytes(m * k + k * n + m * n + extra, element), arguments: arguments, for: element,
      double: { p, tile in
        let rows = p.tiling.range(tile)
        let n = p.product.n
        p.product.run(
          p.a.doubles, p.b.doubles, p.c.doubles, rows: rows, scratch: p.scratch.doubles)
        if let bias = p.bias {
          vm_bias_f64(
            p.c.doubles + rows.lowerBound * n, bias.doubles, Int64(rows.count), Int64(n))
        }
        p.epilogue?.run(p.c.doubles, rows.lowerBound * n..<rows.upperBound * n)
      },
      single: { p, tile in
        let rows = p.tiling.range(tile)
        let n = p.product.n
        p.product.run(p.a.floats, p.b.floats, p.c.floats, rows: rows, scratch: p.scratch.floats)
        if let bias = p.bias {
          vm_bias_f32(
            p.c.floats + rows.lowerBound * n, bias.floats, Int64(rows.count), Int64(n))
        }
        p.epilogue?.run(p.c.floats, rows.lowerBound * n..<rows.upperBound * n)
      })
  }
}
