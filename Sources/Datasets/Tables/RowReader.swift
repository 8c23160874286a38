import CTables

/// Rows of fields, one at a time, in memory that doesn't grow with the file.
protocol RowReader: AnyObject {
  /// The row's number in the file, counted from 1.
  var row: Int { get }
  /// The current row's fields; valid until the next one is read.
  var fields: UnsafeBufferPointer<tb_field> { get }
  /// Reads the next row; answers false when there's none.
  func next() throws(DatasetError) -> Bool
}

extension RowReader {
  /// How many fields the row has.
  var count: Int { fields.count }

  /// The bytes of a field.
  subscript(field: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: fields[field].bytes, count: fields[field].length)
  }

  /// A field's text.
  func text(_ field: Int) -> String { String(decoding: self[field], as: UTF8.self) }
}
