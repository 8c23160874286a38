/// A batch of rows, whose columns are taken one after the other.
///
/// Nodes say how many values each field has, buffers where they lie; both come in the order of the schema, parts behind what they are
/// parts of.
struct ArrowBatch {
  let rows: Int
  let memory: ArrowMemory
  /// Where its message begins.
  private let start: Int
  private let body: UnsafeRawBufferPointer
  private let codec: ArrowMemory.Codec?
  private var nodes: ArraySlice<(Int64, Int64)>
  private var buffers: ArraySlice<(Int64, Int64)>
  /// How many buffers of texts each column of views has.
  private var views: ArraySlice<Int64>
  /// Buffers that were unpacked, by their place.
  private var unpacked: [Int: UnsafeRawBufferPointer] = [:]

  init(
    _ content: FlatBuffer.Table, body: UnsafeRawBufferPointer, start: Int, _ file: MappedFile,
    _ budgets: [ArrowMemory.Budget]
  ) throws(DatasetError) {
    (self.start, self.body) = (start, body)
    memory = ArrowMemory(file, budgets)
    rows = Int(try content.integer(0, Int64.self))
    nodes = try content.pairs(1)[...]
    buffers = try content.pairs(2)[...]
    views = try content.longs(4)[...]
    codec = try content.table(3).map { (compression) throws(DatasetError) in
      let name = try compression.integer(0, Int8.self)
      guard let known = ArrowMemory.Codec(rawValue: name) else {
        throw DatasetError(
          .unsupported, "compression \(name) isn't known; lz4 and zstd are", byte: start)
      }
      return known
    }
    guard rows >= 0 else { throw damaged("a batch has \(rows) rows") }
  }

  private func damaged(_ what: String, _ field: ArrowField? = nil) -> DatasetError {
    DatasetError(
      .malformed, "\(what); the file is damaged", columnName: field?.name, byte: start)
  }

  private mutating func buffer() throws(DatasetError) -> UnsafeRawBufferPointer {
    let place = buffers.startIndex
    guard let (offset, count) = buffers.popFirst(), offset >= 0, count >= 0,
      offset <= Int64(body.count), count <= Int64(body.count) - offset
    else { throw damaged("a batch of rows hasn't the data that it says") }
    let raw = UnsafeRawBufferPointer(rebasing: body[Int(offset)..<Int(offset + count)])
    guard let codec else { return raw }
    if let known = unpacked[place] { return known }
    guard let whole = try memory.decompressed(raw, codec) else {
      throw damaged("compressed data can't be unpacked")
    }
    unpacked[place] = whole
    return whole
  }

  /// Takes a field's buffers, and makes columns of them.
  ///
  /// - Parameters:
  ///   - count: how many values it has.
  ///   - dictionaries: those that are known; `nil` where the field is a dictionary's own values.
  ///   - validity: of what the field is a part of.
  ///   - stride, offset: which of its values a row has: `row · stride + offset`.
  mutating func take(
    _ field: ArrowField, count: Int, _ dictionaries: [Int64: ArrowDictionary]?,
    validity: [ArrowColumn.Validity] = [], stride: Int = 1, offset: Int = 0,
    into columns: inout [ArrowColumn]
  ) throws(DatasetError) {
    guard let (length, missing) = nodes.popFirst(), length == Int64(count) else {
      throw damaged("has not as many values as there are rows", field)
    }
    var column = ArrowColumn(kind: field.kind, validity: validity, stride: stride, offset: offset)
    if let encoding = field.dictionary, let dictionaries {
      guard let values = dictionaries[encoding.id] else {
        throw damaged("the values of its dictionary never came", field)
      }
      (column.kind, column.dictionary) = (encoding.index, values)
    }
    // A column of nothing has no buffers.
    if column.kind == .null {
      columns.append(column)
      return
    }
    let bits = try buffer()
    if missing != 0, !bits.isEmpty {
      guard bits.count >= count / 8 + (count % 8 == 0 ? 0 : 1) else {
        throw damaged("lacks the bits that say which values are there", field)
      }
      column.validity.append(.init(bits: bits, stride: stride, offset: offset))
    }
    switch column.kind {
    case .structure:
      for child in field.children {
        try take(
          child, count: count, dictionaries, validity: column.validity, stride: stride,
          offset: offset, into: &columns)
      }
    case .list(let size):
      let (values, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw damaged("has too many values", field) }
      // The same buffers for each place of the list, looked at from there.
      let (nodes, buffers, views) = (nodes, buffers, views)
      for place in 0..<size {
        (self.nodes, self.buffers, self.views) = (nodes, buffers, views)
        try take(
          field.children[0], count: values, dictionaries, validity: column.validity,
          stride: stride * size, offset: offset * size + place, into: &columns)
      }
    default:
      if case .text = column.kind { column.offsets = try buffer() }
      column.data = try buffer()
      if column.kind == .textView {
        guard let count = views.popFirst(), count >= 0, count <= Int64(buffers.count) else {
          throw damaged("has not the texts that it says", field)
        }
        for _ in 0..<count { column.others.append(try buffer()) }
      }
      guard column.holds(count) else { throw damaged("has less data than it says", field) }
      columns.append(column)
    }
  }
}
