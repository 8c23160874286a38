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

/// What products need of an element type: all that is said to BLAS is said here.
protocol MatrixElement: BinaryFloatingPoint {
  static func fill(_ y: UnsafeMutablePointer<Self>, _ value: Self, _ count: Int)
  /// `C += α op(A) op(B)`.
  static func add(
    _ tA: CBLAS_TRANSPOSE, _ tB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>, _ ldb: Int32,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int32)
  /// A product so small that BLAS would mostly prepare.
  static func multiplySmall(
    _ product: Product, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>,
    _ c: UnsafeMutablePointer<Self>, _ scratch: UnsafeMutablePointer<Self>)
  /// B `[k, n]`, or its transpose, with its rows so far apart, as `multiplyRows` wants it.
  static func packColumns(
    _ b: UnsafePointer<Self>, isTransposed: Bool, _ ldb: Int, k: Int, n: Int,
    _ packed: UnsafeMutablePointer<Self>)
  static func multiplyRows(
    _ product: UnsafePointer<vm_product>, _ a: UnsafePointer<Self>, _ packed: UnsafePointer<Self>,
    _ c: UnsafeMutablePointer<Self>)
  static func run(_ program: BoundProgram, _ y: UnsafeMutablePointer<Self>, _ range: Range<Int>)
  static func run(
    _ program: BoundProgram, _ y: UnsafeMutablePointer<Self>, rows: Range<Int>,
    columns: Range<Int>)
}

extension MatrixElement {
  /// `C [m, n] = α op(A) op(B)`, or that added to C, all row-major with their rows so far apart.
  @inline(__always)
  static func multiply(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Self = 1,
    _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int,
    _ c: UnsafeMutablePointer<Self>, _ ldc: Int, isAdded: Bool = false
  ) {
    if !isAdded {
      // OpenBLAS is slower to set C to 0 than to add to zeros.
      if ldc == n {
        fill(c, 0, m * n)
      } else {
        for row in 0..<m { fill(c + row * ldc, 0, n) }
      }
    }
    add(
      transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans, Int32(m),
      Int32(n), Int32(k), alpha, a, Int32(lda), b, Int32(ldb), c, Int32(ldc))
  }
}

extension Float: MatrixElement {
  @inline(__always)
  static func fill(_ y: UnsafeMutablePointer<Float>, _ value: Float, _ count: Int) {
    vm_fill_f32(y, value, Int64(count))
  }
  @inline(__always)
  static func add(
    _ tA: CBLAS_TRANSPOSE, _ tB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
    _ ldb: Int32, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
  ) { cblas_sgemm(CblasRowMajor, tA, tB, m, n, k, alpha, a, lda, b, ldb, 1, c, ldc) }
  @inline(__always)
  static func multiplySmall(
    _ p: Product, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) {
    vm_small_gemm_f32(
      p.transposeA ? 1 : 0, p.transposeB ? 1 : 0, Int64(p.m), Int64(p.n), Int64(p.k), a,
      Int64(p.lda), b, Int64(p.ldb), c, Int64(p.n), scratch)
  }
  @inline(__always)
  static func packColumns(
    _ b: UnsafePointer<Float>, isTransposed: Bool, _ ldb: Int, k: Int, n: Int,
    _ packed: UnsafeMutablePointer<Float>
  ) { vm_product_pack_f32(b, isTransposed ? 1 : 0, Int64(ldb), Int64(k), Int64(n), packed) }
  @inline(__always)
  static func multiplyRows(
    _ product: UnsafePointer<vm_product>, _ a: UnsafePointer<Float>, _ packed: UnsafePointer<Float>,
    _ c: UnsafeMutablePointer<Float>
  ) { vm_product_rows_f32(product, a, packed, c) }
  @inline(__always)
  static func run(_ program: BoundProgram, _ y: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    program.run(y, range)
  }
  @inline(__always)
  static func run(
    _ program: BoundProgram, _ y: UnsafeMutablePointer<Float>, rows: Range<Int>,
    columns: Range<Int>
  ) { program.run(y, rows: rows, columns: columns) }
}

extension Double: MatrixElement {
  @inline(__always)
  static func fill(_ y: UnsafeMutablePointer<Double>, _ value: Double, _ count: Int) {
    vm_fill_f64(y, value, Int64(count))
  }
  @inline(__always)
  static func add(
    _ tA: CBLAS_TRANSPOSE, _ tB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafePointer<Double>,
    _ ldb: Int32, _ c: UnsafeMutablePointer<Double>, _ ldc: Int32
  ) { cblas_dgemm(CblasRowMajor, tA, tB, m, n, k, alpha, a, lda, b, ldb, 1, c, ldc) }
  @inline(__always)
  static func multiplySmall(
    _ p: Product, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
    _ c: UnsafeMutablePointer<Double>, _ scratch: UnsafeMutablePointer<Double>
  ) {
    vm_small_gemm_f64(
      p.transposeA ? 1 : 0, p.transposeB ? 1 : 0, Int64(p.m), Int64(p.n), Int64(p.k), a,
      Int64(p.lda), b, Int64(p.ldb), c, Int64(p.n), scratch)
  }
  @inline(__always)
  static func packColumns(
    _ b: UnsafePointer<Double>, isTransposed: Bool, _ ldb: Int, k: Int, n: Int,
    _ packed: UnsafeMutablePointer<Double>
  ) { vm_product_pack_f64(b, isTransposed ? 1 : 0, Int64(ldb), Int64(k), Int64(n), packed) }
  @inline(__always)
  static func multiplyRows(
    _ product: UnsafePointer<vm_product>, _ a: UnsafePointer<Double>,
    _ packed: UnsafePointer<Double>,
    _ c: UnsafeMutablePointer<Double>
  ) { vm_product_rows_f64(product, a, packed, c) }
  @inline(__always)
  static func run(_ program: BoundProgram, _ y: UnsafeMutablePointer<Double>, _ range: Range<Int>) {
    program.run(y, range)
  }
  @inline(__always)
  static func run(
    _ program: BoundProgram, _ y: UnsafeMutablePointer<Double>, rows: Range<Int>,
    columns: Range<Int>
  ) { program.run(y, rows: rows, columns: columns) }
}
