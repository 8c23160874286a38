import Tensors

/// Where the entries of a sparse matrix `[M, N]` are, as values of a graph; a `SparseIndex` is what they hold.
///
/// The matrix's numbers, if it has any beside ones, come apart: `[E]`, or `[E, heads]` for several matrices
/// of one pattern.
public struct SparsePattern: Sendable, Hashable {
  /// int32 `[E]`, ascending.
  public let rows: Value
  /// int32 `[E]`.
  public let columns: Value
  /// int32 `[M + 1]`.
  public let rowOffsets: Value
  /// int32 `[N + 1]`.
  public let columnOffsets: Value
  /// int32 `[E]`.
  public let columnOrder: Value

  public var values: [Value] { [rows, columns, rowOffsets, columnOffsets, columnOrder] }
}

extension SparseIndex {
  /// The arrays in the order of a pattern's values.
  public var arrays: [Tensor] { [rows, columns, rowOffsets, columnOffsets, columnOrder] }
}

extension Graph {
  /// A pattern whose values the caller writes, named by `name`.
  public mutating func sparsePattern(
    _ name: String, rows: Int, columns: Int, entries: Int
  ) -> SparsePattern {
    SparsePattern(
      rows: input("\(name) rows", TensorType([entries], .int32)),
      columns: input("\(name) columns", TensorType([entries], .int32)),
      rowOffsets: input("\(name) row offsets", TensorType([rows + 1], .int32)),
      columnOffsets: input("\(name) column offsets", TensorType([columns + 1], .int32)),
      columnOrder: input("\(name) column order", TensorType([entries], .int32)))
  }

  /// A pattern that is always the same.
  public mutating func sparsePattern(_ index: SparseIndex) -> SparsePattern {
    SparsePattern(
      rows: constant(index.rows), columns: constant(index.columns),
      rowOffsets: constant(index.rowOffsets), columnOffsets: constant(index.columnOffsets),
      columnOrder: constant(index.columnOrder))
  }
}
