import CVectorMath
import Tensors

/// Rules that see a parameter as one matrix, or as several of the same size.
extension OptimizerKernels {
  // MARK: - Adafactor

  private struct FactoredArguments: @unchecked Sendable {
    var update: vm_factored_update
    var tiling: Tiling
    var statistics: UnsafeMutablePointer<GradientStatistics>
  }

  /// Matrices, rows and columns: the last two axes are a matrix's.
  private static func factors(_ shape: Shape) -> (matrices: Int, rows: Int, columns: Int) {
    let sizes = shape.dimensions
    let columns = sizes[sizes.count - 1]
    let rows = sizes[sizes.count - 2]
    return (sizes.dropLast(2).reduce(1, *), rows, columns)
  }

  /// Rows of one matrix, or whole matrices, in no more tiles than the parameter has.
  private static func factoredTiling(_ shape: Shape) -> Tiling {
    let (matrices, rows, _) = factors(shape)
    let tiles = tiling(count: shape.count).tiles
    return Tiling(count: matrices == 1 ? rows : matrices, grain: 1, most: tiles)
  }

  /// Bytes of workspace for Adafactor's steps of this shape, beside the sums.
  public static func factoredBytes(_ shape: Shape) -> Int {
    guard shape.rank > 1 else { return 0 }
    let padded = (factors(shape).columns + 15) / 16 * 16
    return factoredTiling(shape).tiles * padded * MemoryLayout<Double>.stride
  }

  /// Adafactor's step of a matrix or several, by the means of rows and columns; slots `row_var` and `col_var`.
  ///
  /// - Parameter size: the step's size, from the sums of squares of update and parameter.
  /// - Precondition: the operands have a workspace, and the shape two axes or more.
  public static func adafactorMatrix(
    _ operands: OptimizerOperands, _ rule: UpdateRule,
    size: @escaping @Sendable (Sums, OptimizerScalars) -> Double
  ) -> [KernelCall] {
    guard let workspace = operands.workspace else { preconditionFailure("no workspace") }
    let (matrices, rows, columns) = factors(operands.shape)
    let tiling = factoredTiling(operands.shape)
    let update = vm_factored_update(
      update: update(operands, [operands.slots["row_var"], operands.slots["col_var"]], rule),
      matrices: matrices, rows: rows, columns: columns, padded: (columns + 15) / 16 * 16,
      sums: (workspace + sumBytes).assumingMemoryBound(to: Double.self))
    let arguments = FactoredArguments(
      update: update, tiling: tiling, statistics: operands.statistics)
    let all = OptimizerKernels.tiling(count: operands.count).tiles
    let bytes = operands.count * operands.element.byteCount
    func kernel(
      _ name: String, _ arrays: Int, _ flops: Int,
      double: @escaping @Sendable (FactoredArguments, Int) -> Void,
      single: @escaping @Sendable (FactoredArguments, Int) -> Void
    ) -> KernelCall {
      Kernel(
        name, tiles: tiling.tiles, flops: flops * operands.count, bytes: arrays * bytes,
        arguments: arguments, for: operands.element, double: double, single: single)
    }
    return [
      // Tiles that rows don't fill have seen nothing.
      Kernel("clear", arguments: (operands.statistics, all)) { arguments, _ in
        for tile in 0..<arguments.1 { arguments.0[tile] = vm_gradient_statistics() }
      },
      kernel("adafactor_squares", 2, 8) { a, tile in
        let (range, update) = (a.tiling.range(tile), a.update)
        withUnsafePointer(to: update) {
          vm_adafactor_squares_f64(
            $0, tile, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      } single: { a, tile in
        let (range, update) = (a.tiling.range(tile), a.update)
        withUnsafePointer(to: update) {
          vm_adafactor_squares_f32(
            $0, tile, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      },
      Kernel("adafactor_columns", arguments: arguments, for: operands.element) { a, _ in
        withUnsafePointer(to: a.update) { vm_adafactor_columns_f64($0, a.tiling.tiles) }
      } single: { a, _ in
        withUnsafePointer(to: a.update) { vm_adafactor_columns_f32($0, a.tiling.tiles) }
      },
      kernel("adafactor_norms", 1, 6) { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.update) {
          vm_adafactor_matrix_norms_f64($0, tile, range.lowerBound, range.upperBound)
        }
      } single: { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.update) {
          vm_adafactor_matrix_norms_f32($0, tile, range.lowerBound, range.upperBound)
        }
      },
      reduce(workspace, tiles: tiling.tiles, operands.scalars, size),
      kernel("adafactor", 3, 8) { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.update) {
          vm_adafactor_matrix_f64($0, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      } single: { a, tile in
        let range = a.tiling.range(tile)
        withUnsafePointer(to: a.update) {
          vm_adafactor_matrix_f32($0, range.lowerBound, range.upperBound, a.statistics + tile)
        }
      },
    ]
  }

  // MARK: - Muon

  /// The matrix that a parameter is to Muon: its first axis, and all others.
  private static func matrix(_ shape: Shape) -> (rows: Int, columns: Int, least: Int) {
    let rows = shape.dimensions[0]
    let columns = shape.count / max(rows, 1)
    return (rows, columns, min(rows, columns))
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }

  private static func productBytes(_ shape: Shape, _ element: ElementType) -> Int {
    let (rows, columns, least) = matrix(shape)
    let isWide = rows <= columns
    let products = [
      Kernels.productWorkspaceBytes(
        m: least, n: least, k: max(rows, columns), transposeB: isWide, element),
      Kernels.productWorkspaceBytes(m: least, n: least, k: least, transposeB: false, element),
      Kernels.productWorkspaceBytes(m: rows, n: columns, k: least, transposeB: false, element),
    ]
    return aligned(products.reduce(0, max))
  }

  /// Bytes of workspace for making a matrix of this shape orthogonal, beside the sums.
  public static func orthogonalBytes(_ shape: Shape, _ element: ElementType) -> Int {
    let (_, _, least) = matrix(shape)
    return 2 * aligned(shape.count * element.byteCount)
      + 2 * aligned(least * least * element.byteCount) + productBytes(shape, element)
  }

  /// Muon's step: the momentum is made orthogonal by Newton–Schulz iterations `X = a X + (b A + c A²) X` of
  /// `X / ‖X‖`, where `A = X Xᵀ`, or of the transpose where there are more rows than columns.
  ///
  /// - Precondition: the operands have a workspace, and the shape two axes or more.
  public static func muon(
    _ operands: OptimizerOperands, _ rule: UpdateRule, iterations: Int,
    coefficients: (a: Double, b: Double, c: Double)
  ) -> [KernelCall] {
    guard let workspace = operands.workspace else { preconditionFailure("no workspace") }
    let (rows, columns, least) = matrix(operands.shape)
    let element = operands.element
    let whole = aligned(operands.count * element.byteCount)
    let square = aligned(least * least * element.byteCount)
    let first = workspace + sumBytes
    let second = first + whole
    let gram = second + whole
    let power = gram + square
    let scratch = power + square
    let buffer = operands.slots["momentum_buffer"]
    let epsilon = rule.epsilon
    var calls = [
      call(.muonMomentum, operands, pointers: [buffer, first], rule, isContinued: false),
      reduce(operands) { sums, _ in 1 / max(sums.first.squareRoot(), epsilon) },
      call(.muonScale, operands, pointers: [buffer, first], rule, isContinued: true),
    ]
    var (from, to) = (first, second)
    let isWide = rows <= columns
    for _ in 0..<iterations {
      calls.append(
        Kernels.product(
          "muon_gram", element, transposeA: !isWide, transposeB: isWide, m: least, n: least,
          k: max(rows, columns), a: from, b: from, c: gram, workspace: scratch))
      calls.append(
        Kernels.product(
          "muon_power", element, m: least, n: least, k: least, a: gram, b: gram, c: power,
          workspace: scratch))
      calls.append(polynomial(gram, power, least, element, coefficients))
      calls.append(
        Kernels.product(
          "muon_product", element, m: rows, n: columns, k: least, a: isWide ? power : from,
          b: isWide ? from : power, c: to, workspace: scratch))
      swap(&from, &to)
    }
    calls.append(call(.muon, operands, pointers: [buffer, from], rule, isContinued: true))
    return calls
  }

  private struct PolynomialArguments {
    var x: UnsafeMutableRawPointer
    var y: UnsafeMutableRawPointer
    var size: Int
    var tiling: Tiling
    var coefficients: (a: Double, b: Double, c: Double)
  }

  /// `y = a I + b x + c y`, all square.
  private static func polynomial(
    _ x: UnsafeMutableRawPointer, _ y: UnsafeMutableRawPointer, _ size: Int,
    _ element: ElementType, _ coefficients: (a: Double, b: Double, c: Double)
  ) -> KernelCall {
    let tiling = Tiling(count: size, grain: max(1, 16_384 / max(size, 1)))
    return Kernel(
      "muon_polynomial", tiles: tiling.tiles, flops: 3 * size * size,
      bytes: 3 * size * size * element.byteCount,
      arguments: PolynomialArguments(
        x: x, y: y, size: size, tiling: tiling, coefficients: coefficients),
      for: element,
      double: { p, tile in
        let (range, c) = (p.tiling.range(tile), p.coefficients)
        vm_matrix_polynomial_f64(
          p.x.doubles, p.y.doubles, p.size, c.a, c.b, c.c, range.lowerBound, range.upperBound)
      },
      single: { p, tile in
        let (range, c) = (p.tiling.range(tile), p.coefficients)
        vm_matrix_polynomial_f32(
          p.x.floats, p.y.floats, p.size, c.a, c.b, c.c, range.lowerBound, range.upperBound)
      })
  }
}
