import Tensors

/// For each example of a pass another one: a random permutation of them.
struct ExamplePairs {
  private let partners: [Int]

  init(rows: Int, using generator: inout Philox.Generator) {
    partners = Array(0..<rows).shuffled(using: &generator)
  }

  /// Changes each row by its partner as that was before.
  ///
  /// - Parameter scratch: of all rows' size.
  func mix(
    _ rows: UnsafeMutablePointer<Float>, width: Int, scratch: UnsafeMutablePointer<Float>,
    _ change: (_ row: UnsafeMutablePointer<Float>, _ partner: UnsafePointer<Float>) -> Void
  ) {
    scratch.update(from: rows, count: partners.count * width)
    for (row, partner) in partners.enumerated() {
      change(rows + row * width, UnsafePointer(scratch + partner * width))
    }
  }
}
