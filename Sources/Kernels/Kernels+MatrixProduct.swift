import CVectorMath
import Tensors

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

  /// Whether kernels of ours multiply, for which B is packed: where vectors are wide they do better than BLAS, unless
  /// too few rows meet what is packed.
  var isPacked: Bool { Product.isWide && !isSmall && m >= 12 }
  static let isWide = vm_product_is_wide() != 0

  /// Rows of B that are packed at once: even parts of at most 512, in whole cache lines.
  var rowsAtOnce: Int {
    let parts = (k + 511) / 512
    return ((k + parts - 1) / parts + 15) / 16 * 16
  }
  /// Columns of B that are packed at once, so that they stay in a core's own cache.
  var columnsAtOnce: Int { max(256, (1 << 15) / rowsAtOnce / 32 * 32) }
  /// Rows of C that are computed before the epilogue, so that it finds them in the nearest cache.
  static let rowsTogether = 36

  /// Elements that a block of C with so many columns packs at once.
  func packedElements(columns: Int) -> Int {
    rowsAtOnce * ((min(columns, columnsAtOnce) + 15) / 16 * 16)
  }

  /// How far apart the rows of A and of B are.
  var lda: Int { transposeA ? m : k }
  var ldb: Int { transposeB ? k : n }

  /// Some rows and columns of C.
  @inline(__always)
  func run<Element: MatrixElement>(
    _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ c: UnsafeMutablePointer<Element>,
    rows: Range<Int>, columns: Range<Int>
  ) {
    Element.multiply(
      transposeA: transposeA, transposeB: transposeB, m: rows.count, n: columns.count, k: k,
      a + (transposeA ? rows.lowerBound : rows.lowerBound * k), lda,
      b + (transposeB ? columns.lowerBound * k : columns.lowerBound), ldb,
      c + rows.lowerBound * n + columns.lowerBound, n)
  }
}

/// A product's result cut in blocks, by its shape alone.
struct ProductTiling {
  let rows: Tiling
  let columns: Tiling

  /// Multiply-adds that make work for a thread, and that make it worth to have more than four blocks.
  private static let (grain, largeGrain) = (2_000_000, 64_000_000)

  /// BLAS lays out the left matrix anew for each block of columns and the right one for each block of
  /// rows; of the cuts in as many blocks, the one that lays out least.
  init(_ product: Product) {
    let work = product.m * product.n * product.k
    let wanted = min(16, max(min(4, work / Self.grain), work / Self.largeGrain, 1))
    var best = (rows: 1, columns: 1, cost: Int.max)
    if !product.isSmall {
      for rows in 1...wanted where rows == 1 || rows * 16 <= product.m {
        let columns = max(1, min(wanted / rows, product.n / 16))
        let isMore = rows * columns > best.rows * best.columns
        let cost = columns * product.m + rows * product.n
        if isMore || (rows * columns == best.rows * best.columns && cost < best.cost) {
          best = (rows, columns, cost)
        }
      }
    }
    rows = Tiling(count: product.m, grain: 1, multiple: 16, most: best.rows)
    columns = Tiling(count: product.n, grain: 1, multiple: 16, most: best.columns)
  }

  var tiles: Int { rows.tiles * columns.tiles }

  /// Elements that each tile packs at once.
  func packedElements(_ product: Product) -> Int {
    product.packedElements(columns: columns.range(0).count)
  }

  @inline(__always)
  func block(_ tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    (rows.range(tile / columns.tiles), columns.range(tile % columns.tiles))
  }
}

extension Kernels {
  private struct ProductArguments {
    var product: Product
    var a: UnsafeMutableRawPointer
    var b: UnsafeMutableRawPointer
    var c: UnsafeMutableRawPointer
    var epilogue: BoundProgram?
    var scratch: UnsafeMutableRawPointer
    var tiling: ProductTiling
  }

  /// Bytes of scratch memory that a product of this size wants.
  public static func productWorkspaceBytes(
    m: Int, n: Int, k: Int, transposeB: Bool, _ element: ElementType
  ) -> Int {
    let product = Product(transposeA: false, transposeB: transposeB, m: m, n: n, k: k)
    if product.isPacked {
      let tiling = ProductTiling(product)
      return tiling.tiles * tiling.packedElements(product) * element.byteCount
    }
    let needsLayout = transposeB || n % 16 != 0
    return product.isSmall && needsLayout ? (n + 15) / 16 * 16 * k * element.byteCount : 0
  }

  /// `C [m, n] = f(op(A) op(B) + bias)`; bias and function are applied while a block is at hand.
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
    let tiling = ProductTiling(product)
    var last = epilogue
    if let bias {
      last = epilogue?.after(bias: (bias, [n])) ?? .bias((bias, [n]))
    }
    let arguments = ProductArguments(
      product: product, a: a, b: b, c: c,
      epilogue: last.map { $0.bound(to: c, shape: [m, n], keepsRows: true) }, scratch: workspace,
      tiling: tiling)
    let extra = last?.inputs.reduce(0) { $0 + $1.shape.count } ?? 0
    return Kernel(
      name, tiles: tiling.tiles,
      flops: 2 * m * n * k + (last?.program.instructions.count ?? 0) * m * n,
      bytes: bytes(m * k + k * n + m * n + extra, element), arguments: arguments, for: element,
      double: { multiply($0, $1, Double.self) }, single: { multiply($0, $1, Float.self) })
  }

  @inline(__always)
  private static func multiply<Element: MatrixElement>(
    _ p: ProductArguments, _ tile: Int, _: Element.Type
  ) {
    let (rows, columns) = p.tiling.block(tile)
    let a = p.a.assumingMemoryBound(to: Element.self)
    let b = p.b.assumingMemoryBound(to: Element.self)
    let c = p.c.assumingMemoryBound(to: Element.self)
    if p.product.isPacked { return multiplyPacked(p, tile, rows, columns, Element.self) }
    if p.product.isSmall {
      Element.multiplySmall(p.product, a, b, c, p.scratch.assumingMemoryBound(to: Element.self))
    } else {
      p.product.run(a, b, c, rows: rows, columns: columns)
    }
    if let epilogue = p.epilogue { Element.run(epilogue, c, rows: rows, columns: columns) }
  }

  /// A block of C, by parts of its columns, each by parts of the sum.
  @inline(__always)
  private static func multiplyPacked<Element: MatrixElement>(
    _ p: ProductArguments, _ tile: Int, _ rows: Range<Int>, _ columns: Range<Int>, _: Element.Type
  ) {
    let q = p.product
    let a = p.a.assumingMemoryBound(to: Element.self)
    let b = p.b.assumingMemoryBound(to: Element.self)
    let c = p.c.assumingMemoryBound(to: Element.self)
    let packed =
      p.scratch.assumingMemoryBound(to: Element.self) + tile * p.tiling.packedElements(q)
    let strides = q.transposeA ? (row: 1, k: q.m) : (row: q.k, k: 1)
    let together = (rows: q.rowsAtOnce, columns: q.columnsAtOnce)
    for first in stride(
      from: columns.lowerBound, to: columns.upperBound, by: together.columns)
    {
      let some = first..<min(columns.upperBound, first + together.columns)
      for start in stride(from: 0, to: q.k, by: together.rows) {
        let count = min(together.rows, q.k - start)
        Element.packColumns(
          b + (q.transposeB ? first * q.k + start : start * q.n + first),
          isTransposed: q.transposeB, q.ldb, k: count, n: some.count, packed)
        let isLast = start + count == q.k
        let step = isLast && p.epilogue != nil ? Product.rowsTogether : rows.count
        for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
          let part = row..<min(rows.upperBound, row + step)
          var product = vm_product(
            rows: Int64(part.count), n: Int64(some.count), k: Int64(count), packed_k: Int64(count),
            first_k: 0,
            row_stride: Int64(strides.row), column_stride: Int64(strides.k), c_stride: Int64(q.n),
            is_added: start > 0 ? 1 : 0)
          Element.multiplyRows(
            &product, a + row * strides.row + start * strides.k, packed, c + row * q.n + first)
          if isLast, let epilogue = p.epilogue {
            Element.run(epilogue, c, rows: part, columns: some)
          }
        }
      }
    }
  }
}
