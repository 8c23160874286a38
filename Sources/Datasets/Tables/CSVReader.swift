/// The records of a CSV file (RFC 4180), one at a time, in memory that doesn't grow with the file.
///
/// Lines end in LF, CR LF or CR. A field may be quoted, with quotes inside doubled; blanks around a
/// field that isn't quoted are left out. A quote within a field that doesn't start with one stands
/// for itself. Lines with nothing on them are passed over. A byte order mark is left out.
final class CSVReader {
  private enum State { case start, plain, quoted, quoteInQuoted }

  private let source: any ByteSource
  private let delimiter: UInt8
  private let limits: ImportLimits
  private let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
  private var position = 0
  private var available = 0
  /// How many bytes of the stream lie before `chunk`.
  private var chunkStart = 0
  /// The record's unquoted bytes, field after field.
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private var length = 0
  private let starts: UnsafeMutableBufferPointer<Int>
  private let ends: UnsafeMutableBufferPointer<Int>
  private var lineFeedMayFollow = false
  private var utf8 = UTF8Check()

  /// The record's number, counted from 1, lines passed over included.
  private(set) var row = 0
  /// How many fields the record has.
  private(set) var count = 0

  init(_ source: any ByteSource, delimiter: UInt8, limits: ImportLimits) {
    self.source = source
    self.delimiter = delimiter
    self.limits = limits
    bytes = .allocate(capacity: limits.csvLineBytes)
    starts = .allocate(capacity: limits.csvColumns)
    ends = .allocate(capacity: limits.csvColumns)
  }

  deinit {
    chunk.deallocate()
    bytes.deallocate()
    starts.deallocate()
    ends.deallocate()
  }

  /// The bytes of a field of the current record; valid until the next one is read.
  subscript(field: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[starts[field]..<ends[field]])
  }

  /// A field's text.
  func text(_ field: Int) -> String { String(decoding: self[field], as: UTF8.self) }

  /// Reads the next record; answers false when there's none.
  func next() throws(DatasetError) -> Bool {
    length = 0
    count = 0
    row += 1
    var state = State.start
    var fieldStart = 0
    var quoteStart = 0
    while true {
      if position == available, try !refill() {
        if utf8.remaining > 0 { throw fault("the last character is cut short; save it as UTF-8") }
        if state == .quoted {
          throw fault("the quote that opens here is never closed", byte: quoteStart)
        }
        if state == .start, count == 0, length == 0 { return false }
        try endField(from: fieldStart, isQuoted: state == .quoteInQuoted)
        return true
      }
      if state == .plain || state == .quoted, utf8.remaining == 0 {
        takePlainBytes(isQuoted: state == .quoted)
        if position == available { continue }
      }
      let byte = chunk[position]
      position += 1
      if lineFeedMayFollow {
        lineFeedMayFollow = false
        if byte == UInt8(ascii: "\n") { continue }
      }
      if byte >= 0x80 || utf8.remaining > 0 {
        if !utf8.take(byte) { throw fault("invalid UTF-8; save the file as UTF-8", back: 1) }
      } else if byte == 0 {
        throw fault("a NUL byte, which text doesn't have; save the file as UTF-8", back: 1)
      }
      switch state {
      case .quoted:
        if byte == UInt8(ascii: "\"") { state = .quoteInQuoted } else { try append(byte) }
        continue
      case .quoteInQuoted where byte == UInt8(ascii: "\""):
        try append(byte)
        state = .quoted
        continue
      case .start where byte == UInt8(ascii: "\""):
        state = .quoted
        quoteStart = chunkStart + position - 1
        continue
      default: break
      }
      if byte == delimiter {
        try endField(from: fieldStart, isQuoted: state == .quoteInQuoted)
        fieldStart = length
        state = .start
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        lineFeedMayFollow = byte == UInt8(ascii: "\r")
        if state == .start, count == 0, length == 0 {
          row += 1
          continue
        }
        try endField(from: fieldStart, isQuoted: state == .quoteInQuoted)
        return true
      } else if state == .quoteInQuoted {
        if byte == UInt8(ascii: " ") { continue }
        throw fault("text after a closing quote; double a quote that belongs to the text", back: 1)
      } else {
        state = .plain
        try append(byte)
      }
    }
  }

  /// Takes the bytes that mean nothing but themselves, which most do, without a look at the state.
  private func takePlainBytes(isQuoted: Bool) {
    let stop = isQuoted ? UInt8(ascii: "\"") : delimiter
    let count = min(available - position, bytes.count - length)
    guard let source = chunk.baseAddress, let destination = bytes.baseAddress else { return }
    var index = 0
    while index < count {
      let byte = source[position + index]
      if byte == stop || byte < 0x20 || byte >= 0x80 { break }
      destination[length + index] = byte
      index += 1
    }
    position += index
    length += index
  }

  private func append(_ byte: UInt8) throws(DatasetError) {
    guard length < bytes.count else {
      throw DatasetError(
        .limitExceeded,
        "a record of more than \(bytes.count) bytes; is a quote left open, or is this no CSV?",
        row: row)
    }
    bytes[length] = byte
    length += 1
  }

  private func endField(from start: Int, isQuoted: Bool) throws(DatasetError) {
    guard count < starts.count else {
      throw DatasetError(.limitExceeded, "more than \(starts.count) columns", row: row)
    }
    var start = start
    var end = length
    if !isQuoted {
      while start < end, isBlank(bytes[start]) { start += 1 }
      while end > start, isBlank(bytes[end - 1]) { end -= 1 }
    }
    starts[count] = start
    ends[count] = end
    count += 1
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private func refill() throws(DatasetError) -> Bool {
    chunkStart += available
    position = 0
    available = try source.fill(UnsafeMutableRawBufferPointer(chunk))
    if chunkStart == 0, available >= 3, chunk[0] == 0xEF, chunk[1] == 0xBB, chunk[2] == 0xBF {
      position = 3
    }
    return position < available
  }

  private func fault(_ message: String, back: Int = 0, byte: Int? = nil) -> DatasetError {
    DatasetError(
      .malformed, message, row: row, column: count + 1, byte: byte ?? chunkStart + position - back)
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
