import Tensors

extension Kernels {
  private struct BatchedProductArguments {
    var product: Product
    var a: UnsafeMutableRawPointer
    var b: UnsafeMutableRawPointer
    var c: UnsafeMutableRawPointer
    var extents: Extents
    var aStrides: Extents
    var bStrides: Extents
    var epilogue: BoundProgram?
    var tiling: Tiling

    /// Which matrices the product of a place in the batch is of.
    @inline(__always)
    func matrices(_ place: Int) -> (Int, Int) {
      var (rest, a, b) = (Int64(place), Int64(0), Int64(0))
      for axis in stride(from: extents.count - 1, through: 0, by: -1) {
        let index = rest % extents.values[axis]
        rest /= extents.values[axis]
        a += index * aStrides.values[axis]
        b += index * bStrides.values[axis]
      }
      return (Int(a), Int(b))
    }
  }

  /// `C [batch, m, n] = f(op(A) op(B))` for each place in the batch.
  ///
  /// - Parameters:
  ///   - a: with the steps from matrix to matrix along the axes of the batch, 0 where one is repeated.
  ///   - epilogue: its other inputs are broadcast to `[batch, m, n]`.
  public static func batchedProduct(
    _ name: String, _ element: ElementType, transposeA: Bool, transposeB: Bool, m: Int, n: Int,
    k: Int, batch: Shape, a: (UnsafeMutableRawPointer, [Int]), b: (UnsafeMutableRawPointer, [Int]),
    c: UnsafeMutableRawPointer, then epilogue: Epilogue?
  ) -> KernelCall {
    _ = BLAS.isReady
    let product = Product(transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k)
    let count = batch.count
    let tiling = Tiling(count: count, grain: max(1, 2_000_000 / max(1, m * n * k)))
    let arguments = BatchedProductArguments(
      product: product, a: a.0, b: b.0, c: c, extents: Extents(batch.dimensions),
      aStrides: Extents(a.1), bStrides: Extents(b.1),
      epilogue: epilogue.map { $0.bound(to: c, shape: Shape(batch.dimensions + [m, n])) },
      tiling: tiling)
    return Kernel(
      name, tiles: tiling.tiles, flops: 2 * count * m * n * k,
      bytes: bytes(count * (m * k + k * n + m * n), element), arguments: arguments, for: element,
      double: { multiplyBatch($0, $1, Double.self) },
      single: { multiplyBatch($0, $1, Float.self) })
  }

  @inline(__always)
  private static func multiplyBatch<Element: MatrixElement>(
    _ p: BatchedProductArguments, _ tile: Int, _: Element.Type
  ) {
    let (range, size) = (p.tiling.range(tile), p.product)
    let a = p.a.assumingMemoryBound(to: Element.self)
    let b = p.b.assumingMemoryBound(to: Element.self)
    let c = p.c.assumingMemoryBound(to: Element.self)
    let count = size.m * size.n
    for place in range {
      let (i, j) = p.matrices(place)
      size.run(
        a + i * size.m * size.k, b + j * size.k * size.n, c + place * count, rows: 0..<size.m,
        columns: 0..<size.n)
    }
    if let epilogue = p.epilogue {
      Element.run(epilogue, c, range.lowerBound * count..<range.upperBound * count)
    }
  }
}
