import COpenBLAS
import Tensors

/// Algebra of small dense matrices, row after row, on the calling thread.
public enum SymmetricMatrices {
  /// `out = (a + damping I)⁻¹` of a symmetric positive matrix, by Cholesky's factors in double precision.
  ///
  /// - Parameters:
  ///   - scratch: memory of `size²` doubles.
  /// - Returns: whether there is an inverse; `out` stays as it was when there's none.
  public static func invert(
    _ a: UnsafeRawPointer, damping: Double, into out: UnsafeMutableRawPointer, size: Int,
    element: ElementType, scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    _ = BLAS.isReady
    let count = size * size
    for index in 0..<count { scratch[index] = load(a, index, element) }
    for index in 0..<size { scratch[index * size + index] += damping }
    var (order, info) = (Int32(size), Int32(0))
    dpotrf_("U", &order, scratch, &order, &info)
    guard info == 0 else { return false }
    dpotri_("U", &order, scratch, &order, &info)
    guard info == 0 else { return false }
    // LAPACK counts by columns: its upper half is the lower one here.
    for row in 0..<size {
      for column in 0...row {
        let number = scratch[row * size + column]
        guard number.isFinite else { return false }
        store(number, out, row * size + column, element)
        store(number, out, column * size + row, element)
      }
    }
    return true
  }

  /// `out = left x right` of symmetric `left` `[rows, rows]` and `right` `[columns, columns]`.
  ///
  /// - Parameter scratch: memory as large as `x`.
  public static func sandwich(
    _ left: UnsafeRawPointer, _ x: UnsafeRawPointer, _ right: UnsafeRawPointer,
    into out: UnsafeMutableRawPointer, rows: Int, columns: Int, element: ElementType,
    scratch: UnsafeMutableRawPointer
  ) {
    _ = BLAS.isReady
    multiply(left, x, into: scratch, rows, columns, rows, element)
    multiply(scratch, right, into: out, rows, columns, columns, element)
  }

  /// The sum of the elements on the diagonal.
  public static func trace(_ a: UnsafeRawPointer, size: Int, element: ElementType) -> Double {
    (0..<size).reduce(0.0) { $0 + load(a, $1 * size + $1, element) }
  }

  /// Whether there's nothing but zeros, as in memory that nothing was put into.
  public static func isZero(
    _ a: UnsafeRawPointer, size: Int, element: ElementType
  ) -> Bool {
    for index in 0..<size * size where load(a, index, element) != 0 { return false }
    return true
  }

  /// Puts ones on the diagonal of zeros.
  public static func setIdentity(
    _ a: UnsafeMutableRawPointer, size: Int, element: ElementType
  ) {
    for place in 0..<size { store(1, a, place * size + place, element) }
  }

  private static func multiply(
    _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, into c: UnsafeMutableRawPointer, _ rows: Int,
    _ columns: Int, _ inner: Int, _ element: ElementType
  ) {
    if element == .float64 {
      Double.multiply(
        m: rows, n: columns, k: inner, a.assumingMemoryBound(to: Double.self), inner,
        b.assumingMemoryBound(to: Double.self), columns, c.doubles, columns)
    } else {
      Float.multiply(
        m: rows, n: columns, k: inner, a.assumingMemoryBound(to: Float.self), inner,
        b.assumingMemoryBound(to: Float.self), columns, c.floats, columns)
    }
  }

  static func load(
    _ pointer: UnsafeRawPointer, _ index: Int, _ element: ElementType
  ) -> Double {
    element == .float64
      ? pointer.assumingMemoryBound(to: Double.self)[index]
      : Double(pointer.assumingMemoryBound(to: Float.self)[index])
  }

  static func store(
    _ number: Double, _ pointer: UnsafeMutableRawPointer, _ index: Int, _ element: ElementType
  ) {
    if element == .float64 {
      pointer.assumingMemoryBound(to: Double.self)[index] = number
    } else {
      pointer.assumingMemoryBound(to: Float.self)[index] = Float(number)
    }
  }
}
