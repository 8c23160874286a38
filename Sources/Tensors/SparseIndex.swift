/// Where the entries of a sparse matrix are, seen from its rows and from its columns.
///
/// Entries are in the order of their rows, those of a row in the order in which they were given. So a
/// product with the matrix and one with its transpose each write a line of their result once, whoever
/// writes which line.
public struct SparseIndex: Sendable {
  public let rowCount: Int
  public let columnCount: Int
  /// The row and the column of each entry, int32 `[E]`.
  public let rows: Tensor
  public let columns: Tensor
  /// Where the entries of each row begin, and after the last one their end: int32 `[rows + 1]`.
  public let rowOffsets: Tensor
  /// The same of columns, in `columnOrder`: int32 `[columns + 1]`.
  public let columnOffsets: Tensor
  /// The entries in the order of their columns, int32 `[E]`.
  public let columnOrder: Tensor

  public var entries: Int { rows.shape[0] }

  /// The index of entries whose rows ascend.
  ///
  /// - Precondition: as many rows as columns, all within their count, rows in ascending order.
  public init(rows: [Int32], columns: [Int32], rowCount: Int, columnCount: Int) {
    precondition(rows.count == columns.count, "\(rows.count) rows and \(columns.count) columns")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.rows = Tensor(rows, shape: [rows.count])
    self.columns = Tensor(columns, shape: [rows.count])
    rowOffsets = Tensor(SparseIndex.offsets(rows, count: rowCount), shape: [rowCount + 1])
    columnOffsets = Tensor(
      SparseIndex.offsets(columns, count: columnCount), shape: [columnCount + 1])
    let order = SparseIndex.order(columns, count: columnCount)
    columnOrder = Tensor(order, shape: [order.count])
  }

  /// Where each number's places begin, were the list sorted.
  static func offsets(_ numbers: [Int32], count: Int) -> [Int32] {
    var offsets = [Int32](repeating: 0, count: count + 1)
    for number in numbers { offsets[Int(number) + 1] += 1 }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    return offsets
  }

  /// The places of a list in the order of its numbers, those of equals as they came.
  ///
  /// - Complexity: O(places + count), by counting.
  public static func order(_ numbers: [Int32], count: Int) -> [Int32] {
    var next = offsets(numbers, count: count)
    var order = [Int32](repeating: 0, count: numbers.count)
    for (place, number) in numbers.enumerated() {
      order[Int(next[Int(number)])] = Int32(place)
      next[Int(number)] += 1
    }
    return order
  }
}
