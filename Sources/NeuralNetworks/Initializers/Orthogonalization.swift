/// Vectors made orthonormal, one after the other: the Q of a QR decomposition whose R has a positive diagonal.
///
/// Normal vectors so become the first columns of a rotation that is uniform over all of them. Each is made
/// orthogonal to those before it twice, which leaves nothing that counts: Giraud et al. 2005,
/// doi:10.1007/s00211-005-0615-4.
enum Orthogonalization {
  private typealias Lanes = SIMD8<Double>
  private static let width = Lanes.scalarCount

  /// - Parameters:
  ///   - vectors: `count` of them, one behind the other, of `length` elements each.
  ///   - count: at most `length`.
  static func apply(_ vectors: inout [Double], count: Int, length: Int) {
    vectors.withUnsafeMutableBufferPointer { buffer in
      // Each pointer made here is to one of `count` blocks of `length` elements, all of them in the buffer.
      guard let base = buffer.baseAddress, buffer.count >= count * length else { return }
      for index in 0..<count {
        let vector = base + index * length
        for _ in 0..<2 {
          for other in 0..<index {
            let part = dot(vector, base + other * length, length)
            subtract(base + other * length, times: part, from: vector, length)
          }
        }
        let size = dot(vector, vector, length).squareRoot()
        for element in 0..<length { vector[element] /= size }
      }
    }
  }

  private static func dot(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ length: Int
  ) -> Double {
    let (x, y) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    let whole = length - length % width
    var sums = Lanes.zero
    for place in stride(from: 0, to: whole, by: width) {
      sums +=
        x.loadUnaligned(fromByteOffset: 8 * place, as: Lanes.self)
        * y.loadUnaligned(fromByteOffset: 8 * place, as: Lanes.self)
    }
    var sum = sums.sum()
    for place in whole..<length { sum += a[place] * b[place] }
    return sum
  }

  private static func subtract(
    _ a: UnsafePointer<Double>, times factor: Double, from b: UnsafeMutablePointer<Double>,
    _ length: Int
  ) {
    let (x, y) = (UnsafeRawPointer(a), UnsafeMutableRawPointer(b))
    let whole = length - length % width
    for place in stride(from: 0, to: whole, by: width) {
      let lanes =
        y.loadUnaligned(fromByteOffset: 8 * place, as: Lanes.self)
        - factor * x.loadUnaligned(fromByteOffset: 8 * place, as: Lanes.self)
      y.storeBytes(of: lanes, toByteOffset: 8 * place, as: Lanes.self)
    }
    for place in whole..<length { b[place] -= factor * a[place] }
  }
}
