import CTables

/// The records of a CSV file (RFC 4180), one at a time, in memory that doesn't grow with the file.
///
/// Lines end in LF, CR LF or CR. A field may be quoted, with quotes inside doubled; blanks around a
/// field that isn't quoted are left out. A quote within a field that doesn't start with one stands
/// for itself. Lines with nothing on them are passed over. A byte order mark is left out.
final class CSVReader: RowReader {
  private let source: any ByteSource
  private let limits: ImportLimits
  private let reader: UnsafeMutablePointer<tb_reader>

  /// - Parameter comment: what lines that are passed over begin with; `nil` for none.
  init(
    _ source: any ByteSource, delimiter: UInt8, comment: UInt8? = nil, limits: ImportLimits
  ) throws(DatasetError) {
    self.source = source
    self.limits = limits
    let made = tb_reader_make(
      delimiter, UInt8(ascii: "\""), comment ?? 0, limits.csvLineBytes, limits.csvColumns)
    guard let made else { throw DatasetError(.unavailable, "there's no memory to read rows") }
    reader = made
  }

  deinit { tb_reader_free(reader) }

  var row: Int { reader.pointee.row }
  var fields: UnsafeBufferPointer<tb_field> {
    UnsafeBufferPointer(start: reader.pointee.fields, count: reader.pointee.count)
  }

  func next() throws(DatasetError) -> Bool {
    while true {
      let status = tb_reader_next(reader)
      if status == TB_ROW { return true }
      if status == TB_END {
        reader.pointee.count = 0
        return false
      }
      guard status == TB_MORE else { throw fault(status) }
      try fill()
    }
  }

  private func fill() throws(DatasetError) {
    var place: UnsafeMutablePointer<UInt8>?
    let room = min(tb_reader_room(reader, &place), 1 << 18)
    tb_reader_filled(
      reader, try source.read(into: UnsafeMutableRawBufferPointer(start: place, count: room)))
  }

  private func fault(_ status: tb_status) -> DatasetError {
    let row = reader.pointee.row + 1
    let message: String
    switch status {
    case TB_TOO_LONG:
      return DatasetError(
        .limitExceeded,
        "a record of more than \(limits.csvLineBytes) bytes; is a quote left open, or is this no CSV?",
        row: row)
    case TB_TOO_WIDE:
      return DatasetError(.limitExceeded, "more than \(limits.csvColumns) columns", row: row)
    case TB_NUL: message = "a NUL byte, which text doesn't have; save the file as UTF-8"
    case TB_INVALID_UTF8: message = "invalid UTF-8; save the file as UTF-8, or say encoding="
    case TB_CUT_UTF8: message = "the last character is cut short; save it as UTF-8"
    case TB_AFTER_QUOTE:
      message = "text after a closing quote; double a quote that belongs to the text"
    default: message = "the quote that opens here is never closed"
    }
    return DatasetError(
      .malformed, message, row: row, column: reader.pointee.fault_field + 1,
      byte: reader.pointee.fault_byte)
  }
}

/// The delimiter of a CSV file, from its first line: which of comma, semicolon and tab stands most
/// often outside quotes; the comma when none does.
func sniffDelimiter(_ head: [UInt8]) -> UInt8 {
  let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
  var counts = [0, 0, 0]
  var isQuoted = false
  for byte in head {
    if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    if isQuoted { continue }
    if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
      if counts != [0, 0, 0] { break }
      continue
    }
    if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
  }
  let most = counts.max() ?? 0
  return candidates[counts.firstIndex(of: most) ?? 0]
}
