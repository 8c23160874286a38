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
    if p.product.isSmall {
      Element.multiplySmall(p.product, a, b, c, p.scratch.assumingMemoryBound(to: Element.self))
    } else {
      p.product.run(a, b, c, rows: rows, columns: columns)
    }
    if let epilogue = p.epilogue { Element.run(epilogue, c, rows: rows, columns: columns) }
  }
}
