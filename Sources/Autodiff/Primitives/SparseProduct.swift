import Kernels
import Tensors

/// `A x` for a sparse `A [rows, N]` given by the row, column and value of each entry.
///
/// Inputs: int32 rows `[E]`, int32 columns `[E]`, values `[E]`, x `[N, F]`. Entries of one place add up;
/// one out of range counts as none. Nothing of the size `E × F` is ever made.
struct SparseProduct: Primitive {
  let rows: Int

  static let rule = "rows, columns and values [E], x [N, F] -> [rows, F]"

  var name: String { "sparse_matmul" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 4...4)
    try SparseProduct.check(rows: inputs[0], columns: inputs[1])
    try TypeCheck.floats([inputs[2], inputs[3]])
    try TypeCheck.rank(inputs[3], 2, "the dense matrix", rule: SparseProduct.rule)
    guard inputs[2].shape == inputs[0].shape else {
      throw GraphError(
        .shapeMismatch, "the rows \(inputs[0].shape) and values \(inputs[2].shape) differ",
        rule: SparseProduct.rule)
    }
    return TensorType([rows, inputs[3].shape[1]], inputs[3].element)
  }

  static func check(rows: TensorType, columns: TensorType) throws(GraphError) {
    try TypeCheck.element(rows, .int32)
    try TypeCheck.element(columns, .int32)
    try TypeCheck.rank(rows, 1, "the list of rows", rule: SparseProduct.rule)
    guard rows.shape == columns.shape else {
      throw GraphError(
        .shapeMismatch, "the rows \(rows.shape) and columns \(columns.shape) differ",
        rule: SparseProduct.rule)
    }
  }

  func lower(_ context: inout Lowering) {
    let (values, x, y) = (context.input(2), context.input(3), context.output)
    context.emit(
      Kernels.sparseProduct(
        context.element, rows: context.input(0).pointer, columns: context.input(1).pointer,
        values: values.pointer, entries: values.count, x: x.pointer, n: x.shape[0], y: y.pointer,
        m: rows, width: y.shape[1]))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (at, from) = (context.inputs[0], context.inputs[1])
    let (values, x) = (context.inputs[2], context.inputs[3])
    let n = context.type(of: x).shape[0]
    return [
      nil, nil,
      context.isNeeded(2)
        ? try context.graph.apply(SampledProduct(), [at, from, context.cotangent, x]) : nil,
      context.isNeeded(3)
        ? try context.graph.apply(SparseProduct(rows: n), [from, at, values, context.cotangent])
        : nil,
    ]
  }
}

/// For each entry, the product of a row of `a` and a row of `b`: `a bᵀ` at some places only.
///
/// Inputs: int32 rows `[E]`, int32 columns `[E]`, a `[M, F]`, b `[N, F]`; output `[E]`.
struct SampledProduct: Primitive {
  static let rule = "rows and columns [E], a [M, F], b [N, F] -> [E]"

  var name: String { "sampled_matmul" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 4...4)
    try SparseProduct.check(rows: inputs[0], columns: inputs[1])
    try TypeCheck.floats([inputs[2], inputs[3]])
    try TypeCheck.rank(inputs[2], 2, "the left matrix", rule: SampledProduct.rule)
    try TypeCheck.rank(inputs[3], 2, "the right matrix", rule: SampledProduct.rule)
    guard inputs[2].shape[1] == inputs[3].shape[1] else {
      throw GraphError(
        .shapeMismatch, "\(inputs[2].shape) and \(inputs[3].shape) don't meet",
        rule: SampledProduct.rule)
    }
    return TensorType(inputs[0].shape, inputs[2].element)
  }

  func lower(_ context: inout Lowering) {
    let (a, b) = (context.input(2), context.input(3))
    context.emit(
      Kernels.sampledProduct(
        context.element, rows: context.input(0).pointer, columns: context.input(1).pointer,
        entries: context.output.count, a: a.pointer, m: a.shape[0], b: b.pointer, n: b.shape[0],
        y: context.output.pointer, width: a.shape[1]))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (at, from) = (context.inputs[0], context.inputs[1])
    let (a, b, cotangent) = (context.inputs[2], context.inputs[3], context.cotangent)
    let (m, n) = (context.type(of: a).shape[0], context.type(of: b).shape[0])
    return [
      nil, nil,
      context.isNeeded(2)
        ? try context.graph.apply(SparseProduct(rows: m), [at, from, cotangent, b]) : nil,
      context.isNeeded(3)
        ? try context.graph.apply(SparseProduct(rows: n), [from, at, cotangent, a]) : nil,
    ]
  }
}

extension Graph {
  /// A sparse matrix, given by its entries, times a dense one.
  ///
  /// - Shapes: int32 rows and columns `[E]`, values `[E]`, x `[N, F]`, output `[rowCount, F]`.
  public mutating func sparseMatmul(
    rows: Value, columns: Value, values: Value, rowCount: Int, _ x: Value
  ) throws(GraphError) -> Value {
    try apply(SparseProduct(rows: rowCount), [rows, columns, values, x])
  }

  /// The product of a row of `a` and a row of `b` for each pair.
  ///
  /// - Shapes: int32 rows and columns `[E]`, a `[M, F]`, b `[N, F]`, output `[E]`.
  public mutating func sampledMatmul(
    rows: Value, columns: Value, _ a: Value, _ b: Value
  ) throws(GraphError) -> Value { try apply(SampledProduct(), [rows, columns, a, b]) }
}

extension SparseProduct {
  static var entries: [PrimitiveEntry] {
    let shapes: [(m: Int, n: Int, entries: Int, width: Int)] = [
      (3, 4, 5, 2), (1, 1, 1, 1), (5, 2, 9, 3), (4, 6, 2, 17), (7, 7, 20, 1),
    ]
    return [
      PrimitiveEntry(
        "sparse_matmul",
        cases: shapes.map { m, n, entries, width in
          PrimitiveCase(
            SparseProduct(rows: m),
            [
              .init([entries], .classes(m)), .init([entries], .classes(n)), .init([entries]),
              .init([n, width]),
            ],
            torch:
              "torch.zeros((\(m), \(width))).index_put((a.long(),), c[:, None] * d[b.long()], accumulate=True)"
          )
        }),
      PrimitiveEntry(
        "sampled_matmul",
        cases: shapes.map { m, n, entries, width in
          PrimitiveCase(
            SampledProduct(),
            [
              .init([entries], .classes(m)), .init([entries], .classes(n)), .init([m, width]),
              .init([n, width]),
            ],
            torch: "(c[a.long()] * d[b.long()]).sum(-1)")
        }),
    ]
  }
}
