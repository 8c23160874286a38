import CTables

/// Which series each row of a table belongs to by the value that it has in one of its columns, so that rows whose series are mixed up in the file come to
/// lie together, in the order in which each series has them.
final class SeriesOfRows {
  private let values: OpaquePointer?
  private let room = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  /// Where each series begins, in the order in which they come first, and the end of the last.
  private(set) var starts: [Int]
  /// Where the next row of each goes.
  private var next: [Int]
  private let column: Int

  /// Series of a table, and bytes that they take while they are counted, at most.
  static let most = 1 << 18
  private static let mostBytes = 48 << 20

  /// Counts the rows of each series.
  ///
  /// - Parameter column: from 0.
  /// - Throws: `DatasetError` for a row without a value, and for too many series.
  init(
    _ reader: any RowReader, column: Int, name: String, format: TableFormat
  ) throws(DatasetError) {
    self.column = column
    room.initialize(to: Self.mostBytes)
    values = tb_counts_make(Self.most, Self.most, room)
    (starts, next) = ([0], [])
    let format = format.native
    while try reader.next() {
      guard column < reader.count else { continue }
      let field = reader[column]
      if FieldValue(field, format) == .missing {
        throw DatasetError(
          .missingValue, "is missing, and says which series the row belongs to; fill it in",
          row: reader.row, column: column + 1, columnName: name)
      }
      tb_counts_add(values, field.baseAddress, field.count, false)
      if tb_counts_overflowed(values) {
        throw DatasetError(
          .limitExceeded,
          "has more than \(Self.most) values, or they take more than \(Self.mostBytes >> 20) MiB; "
            + "entity= names a column that says which series a row belongs to",
          row: reader.row, column: column + 1, columnName: name)
      }
    }
    for index in 0..<tb_counts_held(values) {
      starts.append(starts[index] + Int(tb_counts_count(values, index)))
    }
    next = Array(starts.dropLast())
  }

  deinit {
    tb_counts_free(values)
    room.deallocate()
  }

  /// Where the next row goes that is read; `nil` for one of no series, in a file that has changed since they were counted.
  func place(of reader: any RowReader) -> Int? {
    guard column < reader.count else { return nil }
    let field = reader[column]
    let index = tb_counts_find(values, field.baseAddress, field.count)
    guard index >= 0, next[index] < starts[index + 1] else { return nil }
    defer { next[index] += 1 }
    return next[index]
  }
}
