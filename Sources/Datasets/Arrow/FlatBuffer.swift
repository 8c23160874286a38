/// Tables of Google's FlatBuffers, read where they lie and never beyond their end.
///
/// Source: https://flatbuffers.dev/internals/
struct FlatBuffer {
  let bytes: UnsafeRawBufferPointer
  /// Where the bytes begin in the file, for messages.
  let start: Int

  /// The table that all others hang from.
  func root() throws(DatasetError) -> Table { try table(at: 0) }

  /// The table that an offset at a place leads to.
  fileprivate func table(at place: Int) throws(DatasetError) -> Table {
    let position = try place + Int(load(place, UInt32.self))
    let descent = Int(try load(position, Int32.self))
    let (slots, overflow) = position.subtractingReportingOverflow(descent)
    guard !overflow, slots >= 0 else { throw damaged(position) }
    return Table(
      buffer: self, position: position, slots: slots, slotBytes: Int(try load(slots, UInt16.self)))
  }

  fileprivate func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ place: Int, _ type: Number.Type
  ) throws(DatasetError) -> Number {
    guard place >= 0, place <= bytes.count - MemoryLayout<Number>.size else {
      throw damaged(place)
    }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: type))
  }

  fileprivate func damaged(_ place: Int) -> DatasetError {
    DatasetError(
      .malformed, "the description of the data is damaged; write the file again",
      byte: start + min(max(0, place), bytes.count))
  }

  struct Table {
    let buffer: FlatBuffer
    fileprivate let position: Int
    fileprivate let slots: Int
    fileprivate let slotBytes: Int

    /// Where a member lies; `nil` where it has its default.
    private func place(_ slot: Int) throws(DatasetError) -> Int? {
      let entry = 4 + 2 * slot
      guard entry + 2 <= slotBytes else { return nil }
      let offset = Int(try buffer.load(slots + entry, UInt16.self))
      return offset == 0 ? nil : position + offset
    }

    func integer<Number: FixedWidthInteger & BitwiseCopyable>(
      _ slot: Int, _ type: Number.Type, default value: Number = 0
    ) throws(DatasetError) -> Number {
      guard let place = try place(slot) else { return value }
      return try buffer.load(place, type)
    }

    func table(_ slot: Int) throws(DatasetError) -> Table? {
      guard let place = try place(slot) else { return nil }
      return try buffer.table(at: place)
    }

    func text(_ slot: Int) throws(DatasetError) -> String {
      guard let (start, count) = try elements(slot, bytes: 1) else { return "" }
      return String(
        decoding: UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<start + count]),
        as: UTF8.self)
    }

    func tables(_ slot: Int) throws(DatasetError) -> [Table] {
      guard let (start, count) = try elements(slot, bytes: 4) else { return [] }
      var tables: [Table] = []
      for index in 0..<count { tables.append(try buffer.table(at: start + 4 * index)) }
      return tables
    }

    /// Structs of two 64-bit numbers.
    func pairs(_ slot: Int) throws(DatasetError) -> [(Int64, Int64)] {
      guard let (start, count) = try elements(slot, bytes: 16) else { return [] }
      var pairs: [(Int64, Int64)] = []
      for index in 0..<count {
        let place = start + 16 * index
        pairs.append(
          (try buffer.load(place, Int64.self), try buffer.load(place + 8, Int64.self)))
      }
      return pairs
    }

    func longs(_ slot: Int) throws(DatasetError) -> [Int64] {
      guard let (start, count) = try elements(slot, bytes: 8) else { return [] }
      var longs: [Int64] = []
      for index in 0..<count { longs.append(try buffer.load(start + 8 * index, Int64.self)) }
      return longs
    }

    private func elements(
      _ slot: Int, bytes: Int
    ) throws(DatasetError) -> (start: Int, count: Int)? {
      guard let place = try place(slot) else { return nil }
      let start = try place + Int(buffer.load(place, UInt32.self))
      let count = Int(try buffer.load(start, UInt32.self))
      guard count <= (buffer.bytes.count - start - 4) / bytes else {
        throw buffer.damaged(start)
      }
      return (start + 4, count)
    }
  }
}
