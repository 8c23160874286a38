import CTables
import Foundation

/// The rows of an Arrow IPC file or stream, Feather's second version included; the first row it gives are the columns' names.
///
/// Source: https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
final class ArrowReader: RowReader {
  private let file: MappedFile
  private let limits: ImportLimits
  /// Of the whole file, and of all dictionaries, which stay.
  private let budget: ArrowMemory.Budget
  private let dictionaryBudget: ArrowMemory.Budget
  /// Where the next message begins, and where the last one ends.
  private var position: Int
  private let end: Int
  private let schema: [ArrowField]
  let names: [String]
  private var dictionaries: [Int64: ArrowDictionary] = [:]
  private var columns: [ArrowColumn] = []
  private var memory: ArrowMemory?
  private var rowsOfBatch = 0
  private var rowInBatch = 0
  private var isFirst = true
  private var buffer: FieldBuffer
  private(set) var row = 0
  private(set) var fields = UnsafeBufferPointer<tb_field>(start: nil, count: 0)

  static let magic = Array("ARROW1".utf8)

  /// Kinds of messages.
  private enum Header: UInt8 {
    case schema = 1
    case dictionary, batch
  }

  init(_ url: URL, limits: ImportLimits) throws(DatasetError) {
    file = try MappedFile(url)
    self.limits = limits
    let bytes = file.bytes
    budget = ArrowMemory.Budget(limits.expanded(from: bytes.count))
    dictionaryBudget = ArrowMemory.Budget(limits.arrowBatchBytes)
    var (position, end) = (0, bytes.count)
    if bytes.starts(with: Self.magic) {
      position = 8
      if bytes.count >= 18, bytes[(bytes.count - 6)...].elementsEqual(Self.magic) {
        let footer = bytes.loadUnaligned(fromByteOffset: bytes.count - 10, as: Int32.self)
        end = max(8, bytes.count - 10 - Int(max(0, Int32(littleEndian: footer))))
      }
    }
    self.end = end
    guard let message = try Message(bytes, at: &position, end: end),
      message.kind == Header.schema.rawValue
    else {
      throw DatasetError(
        .malformed, "is no Arrow file or stream: it doesn't begin with a schema", byte: position)
    }
    self.position = position
    guard try message.content.integer(0, Int16.self) == 0 else {
      throw DatasetError(.unsupported, "its numbers are big-endian; write them little-endian")
    }
    var (schema, width): ([ArrowField], Int) = ([], 0)
    // Tables may be named several times, and parts have parts.
    var left = limits.csvColumns
    for table in try message.content.tables(1) {
      let field = try ArrowField(table, left: &left)
      width += field.width ?? limits.csvColumns + 1
      guard width <= limits.csvColumns else {
        throw DatasetError(.limitExceeded, "more than \(limits.csvColumns) columns")
      }
      schema.append(field)
    }
    guard schema.contains(where: \.hasValues) else {
      throw DatasetError(.empty, "no column has a value")
    }
    self.schema = schema
    names = schema.flatMap { $0.names() }
    buffer = FieldBuffer(fields: names.count)
  }

  func next() throws(DatasetError) -> Bool {
    if isFirst {
      isFirst = false
      fields = buffer.row(of: names)
      return !names.isEmpty
    }
    buffer.begin(count: names.count)
    while rowInBatch == rowsOfBatch {
      guard try readBatch() else { return false }
    }
    row += 1
    for index in columns.indices {
      guard columns[index].write(row: rowInBatch, to: &buffer, field: index) else {
        throw DatasetError(
          .malformed,
          "the value lies outside of its data, or is no UTF-8 text; write the file again", row: row,
          column: index + 1, columnName: names[index])
      }
    }
    rowInBatch += 1
    fields = buffer.finish()
    return true
  }

  // MARK: - Messages

  /// A message: what it says, and the bytes of which it says it.
  private struct Message {
    let kind: UInt8
    let content: FlatBuffer.Table
    let body: UnsafeRawBufferPointer
    let start: Int

    /// - Parameter position: of the message; moved behind it.
    /// - Returns: `nil` at the end.
    init?(
      _ bytes: UnsafeRawBufferPointer, at position: inout Int, end: Int
    ) throws(DatasetError) {
      start = position
      func damaged(_ what: String) -> DatasetError {
        DatasetError(.malformed, "\(what); the file is damaged or was cut short", byte: position)
      }
      if position == end { return nil }
      guard position <= end - 4 else { throw damaged("a message ends early") }
      var count = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
      position += 4
      // Before version 0.15 nothing stood before the length.
      if count == -1 {
        guard position <= end - 4 else { throw damaged("a message ends early") }
        count = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
        position += 4
      }
      if count == 0 { return nil }
      guard count > 0, Int(count) <= end - position else {
        throw damaged("a message of \(count) bytes can't be")
      }
      let metadata = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
      let table = try FlatBuffer(bytes: metadata, start: position).root()
      position += Int(count)
      kind = try table.integer(1, UInt8.self)
      guard let content = try table.table(2) else { throw damaged("a message says nothing") }
      self.content = content
      let length = try table.integer(3, Int64.self)
      guard length >= 0, length <= Int64(end - position) else {
        throw damaged("a message has \(length) bytes of data")
      }
      body = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
      position += Int(length)
    }
  }

  /// Reads up to the next batch of rows; answers false where there's none.
  private func readBatch() throws(DatasetError) -> Bool {
    while let message = try Message(file.bytes, at: &position, end: end) {
      switch Header(rawValue: message.kind) {
      case .batch:
        // The batch before goes first.
        (columns, memory) = ([], nil)
        var batch = try ArrowBatch(
          message.content, body: message.body, start: message.start, file,
          [budget, ArrowMemory.Budget(limits.arrowBatchBytes)])
        var columns: [ArrowColumn] = []
        for field in schema {
          try batch.take(field, count: batch.rows, dictionaries, into: &columns)
        }
        (self.columns, memory) = (columns, batch.memory)
        (rowsOfBatch, rowInBatch) = (batch.rows, 0)
        return true
      case .dictionary: try readDictionary(message)
      case .schema, nil:
        throw DatasetError(
          .malformed, "a message of kind \(message.kind) is neither rows nor their values",
          byte: message.start)
      }
    }
    return false
  }

  private func readDictionary(_ message: Message) throws(DatasetError) {
    let id = try message.content.integer(0, Int64.self)
    guard try message.content.integer(2, UInt8.self) == 0 else {
      throw DatasetError(
        .unsupported, "a dictionary is given in parts; write the file as one table",
        byte: message.start)
    }
    guard let content = try message.content.table(1), let field = field(of: id, among: schema)
    else {
      throw DatasetError(.malformed, "no column has the dictionary \(id)", byte: message.start)
    }
    var batch = try ArrowBatch(
      content, body: message.body, start: message.start, file, [budget, dictionaryBudget])
    var columns: [ArrowColumn] = []
    try batch.take(field, count: batch.rows, nil, into: &columns)
    dictionaries[id] = ArrowDictionary(columns[0], count: batch.rows, memory: batch.memory)
  }

  private func field(of dictionary: Int64, among fields: [ArrowField]) -> ArrowField? {
    for field in fields {
      if field.dictionary?.id == dictionary { return field }
      if let inner = self.field(of: dictionary, among: field.children) { return inner }
    }
    return nil
  }
}
