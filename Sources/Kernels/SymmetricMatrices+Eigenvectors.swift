import COpenBLAS
import Foundation
import Tensors

/// Eigenvectors of symmetric matrices in double precision, by LAPACK.
extension SymmetricMatrices {
  /// Doubles of scratch memory for matrices of so many rows.
  static func scratchCount(_ size: Int) -> Int {
    // Two matrices, eigenvalues, and what the solver of all eigenvectors works in, its integers too.
    2 * size * size + size + (1 + 6 * size + 2 * size * size) + (3 + 5 * size)
  }

  /// `(a + ridge λ I)^exponent`, λ the largest eigenvalue, of a symmetric matrix that isn't negative; each eigenvalue counts as 0 at
  /// least.
  ///
  /// - Returns: whether it was found; `out` stays as it was when it wasn't.
  static func power(
    _ a: UnsafeRawPointer, ridge: Double, exponent: Double, into out: UnsafeMutableRawPointer,
    size: Int, element: ElementType, scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    let (vectors, scaled) = (scratch, scratch + size * size)
    guard decompose(a, size, element, scratch) else { return false }
    let values = scratch + 2 * size * size
    let largest = max(values[size - 1], 0)
    guard largest > 0 else { return false }
    for row in 0..<size {
      let factor = pow(max(values[row], 0) + ridge * largest, exponent)
      for column in 0..<size {
        scaled[row * size + column] = vectors[row * size + column] * factor
      }
    }
    // V diag(f) Vᵀ, with eigenvectors as rows.
    let result = values + size
    Double.multiply(
      transposeA: true, m: size, n: size, k: size, vectors, size, scaled, size, result, size)
    for index in 0..<size * size where !result[index].isFinite { return false }
    for index in 0..<size * size { store(result[index], out, index, element) }
    return true
  }

  /// All eigenvectors as columns of `out`, that of the largest eigenvalue first, as the power method sorts them.
  static func eigenvectors(
    _ a: UnsafeRawPointer, into out: UnsafeMutableRawPointer, size: Int, element: ElementType,
    scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    guard decompose(a, size, element, scratch) else { return false }
    for row in 0..<size {
      for column in 0..<size {
        let vector = size - 1 - column
        store(scratch[vector * size + row], out, row * size + column, element)
      }
    }
    return true
  }

  /// One step of the power method from the columns of `vectors`, made orthogonal: `Q` of `a vectors = Q R` with `R`'s diagonal not
  /// negative, so that columns keep their signs.
  static func follow(
    _ a: UnsafeRawPointer, vectors: UnsafeMutableRawPointer, size: Int, element: ElementType,
    scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    let count = size * size
    let (first, second) = (scratch, scratch + count)
    let rest = scratch + 2 * count
    for index in 0..<count {
      first[index] = load(a, index, element)
      second[index] = load(UnsafeRawPointer(vectors), index, element)
    }
    // (a V)ᵀ by rows is a V by columns.
    let product = rest + size
    Double.multiply(
      transposeA: true, transposeB: true, m: size, n: size, k: size, second, size, first, size,
      product, size)
    var order = Int32(size)
    var (info, length) = (Int32(0), Int32(count))
    dgeqrf_(&order, &order, product, &order, rest, first, &length, &info)
    guard info == 0 else { return false }
    // The signs of R's diagonal, before Q takes its place.
    for index in 0..<size { second[index] = product[index * size + index] < 0 ? -1 : 1 }
    dorgqr_(&order, &order, &order, product, &order, rest, first, &length, &info)
    guard info == 0 else { return false }
    for index in 0..<count where !product[index].isFinite { return false }
    for row in 0..<size {
      for column in 0..<size {
        store(
          second[column] * product[column * size + row], vectors, row * size + column, element)
      }
    }
    return true
  }

  /// Leaves the eigenvectors as rows at the start of the scratch memory, and behind two matrices their values, from the least.
  private static func decompose(
    _ a: UnsafeRawPointer, _ size: Int, _ element: ElementType,
    _ scratch: UnsafeMutablePointer<Double>
  ) -> Bool {
    _ = BLAS.isReady
    let count = size * size
    for index in 0..<count {
      let number = load(a, index, element)
      guard number.isFinite else { return false }
      scratch[index] = number
    }
    let values = scratch + 2 * count
    let work = values + size
    let workCount = 1 + 6 * size + 2 * count
    var (order, info) = (Int32(size), Int32(0))
    var (length, integers) = (Int32(workCount), Int32(3 + 5 * size))
    (work + workCount).withMemoryRebound(to: Int32.self, capacity: 2 * (3 + 5 * size)) {
      dsyevd_("V", "U", &order, scratch, &order, values, work, &length, $0, &integers, &info)
    }
    return info == 0
  }
}
