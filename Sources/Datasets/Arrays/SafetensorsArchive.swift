import Foundation
import JSON
import Tensors

/// The arrays of a file of safetensors: eight bytes of a length, a header of JSON, then the elements.
///
/// https://huggingface.co/docs/safetensors, "Format".
struct SafetensorsArchive: ArrayArchive {
  private struct Entry {
    let header: ArrayHeader
    let offset: Int
  }

  private let file: URL
  private let limits: ImportLimits
  private let entries: [String: Entry]
  let names: [String]

  private static let elements: [String: ArrayElement.Kind] = [
    "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32,
    "I32": .int32, "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16,
    "F32": .float32, "F64": .float64,
  ]

  /// - Throws: `DatasetError` for arrays that lie over each other, beyond the end, or aren't as long as their shapes.
  init(_ file: URL, limits: ImportLimits) throws(DatasetError) {
    self.file = file
    self.limits = limits
    let source = try FileSource(file)
    let size = source.size
    let start = try source.bytes(8)
    let length = start.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard start.count == 8, length <= UInt64(limits.safetensorsHeaderBytes),
      Int(length) + 8 <= size
    else {
      throw DatasetError(
        .malformed,
        "says its header has \(length) bytes, of a file of \(size); at most \(limits.safetensorsHeaderBytes)",
        byte: 0)
    }
    let text = try source.bytes(Int(length))
    guard let object = try? JSON(parsing: text).object else {
      throw DatasetError(.malformed, "the header is no object of JSON", byte: 8)
    }
    var entries: [String: Entry] = [:]
    var ranges: [(start: Int, end: Int, name: String)] = []
    var names: [String] = []
    for (name, value) in object.members where name != "__metadata__" {
      guard names.count < limits.archiveEntries else {
        throw DatasetError(.limitExceeded, "has more than \(limits.archiveEntries) arrays")
      }
      do throws(DatasetError) {
        let entry = try SafetensorsArchive.entry(value, limits: limits)
        ranges.append((entry.start, entry.end, name))
        let offset = 8 + Int(length) + entry.start
        guard offset + entry.header.bodyBytes <= size else {
          throw DatasetError(
            .malformed, "ends at byte \(offset + entry.header.bodyBytes) of a file of \(size)")
        }
        entries[name] = Entry(header: entry.header, offset: offset)
      } catch {
        // What can't be an array of examples, such as a single number, may stand beside those that can.
        if error.code == .unsupported || error.code == .empty { continue }
        throw error.located(inPart: "array \"\(name.prefix(80))\"")
      }
      names.append(name)
    }
    ranges.sort { $0.start < $1.start }
    for (one, next) in zip(ranges, ranges.dropFirst()) where one.end > next.start {
      throw DatasetError(
        .malformed,
        "the arrays \"\(one.name.prefix(80))\" and \"\(next.name.prefix(80))\" lie over each other",
        byte: 8 + Int(length) + next.start)
    }
    guard !names.isEmpty else { throw DatasetError(.empty, "the file holds no array of examples") }
    self.entries = entries
    self.names = names
  }

  private static func entry(
    _ value: JSON, limits: ImportLimits
  ) throws(DatasetError) -> (header: ArrayHeader, start: Int, end: Int) {
    let type = value["dtype"]?.string ?? ""
    let extents = (value["shape"]?.array ?? []).compactMap(\.integer)
    let offsets = (value["data_offsets"]?.array ?? []).compactMap(\.integer)
    guard extents.count == value["shape"]?.array?.count, extents.allSatisfy({ $0 >= 0 }),
      offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] < 1 << 50
    else {
      throw DatasetError(
        .malformed, "needs a dtype, a shape, and data_offsets of a beginning and an end")
    }
    guard let kind = elements[type] else {
      throw DatasetError(.unsupported, "elements of \"\(type.prefix(20))\" aren't taken")
    }
    let header = try ArrayHeader(
      safetensors: ArrayElement(kind: kind, isBigEndian: false), shape: Shape(extents),
      limits: limits)
    guard header.bodyBytes == offsets[1] - offsets[0] else {
      throw DatasetError(
        .malformed,
        "shape \(header.shape) of \(type) needs \(header.bodyBytes) bytes, and data_offsets have \(offsets[1] - offsets[0])"
      )
    }
    return (header, offsets[0], offsets[1])
  }

  func array(_ name: String, spool: URL) throws(DatasetError) -> UploadedArray {
    guard let entry = entries[name] else {
      throw DatasetError(.option, "the file has no array \"\(name.prefix(80))\"")
    }
    let file = self.file
    return UploadedArray(name: "array \"\(name)\"", header: entry.header, spoolFile: spool) {
      () throws(DatasetError) in
      try FilePart(file, offset: entry.offset, count: entry.header.bodyBytes)
    }
  }
}

/// Some bytes of a file.
private final class FilePart: ByteSource {
  private let source: FileSource
  private var left: Int

  init(_ file: URL, offset: Int, count: Int) throws(DatasetError) {
    source = try FileSource(file)
    left = count
    _ = try source.bytes(0, at: offset)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    let wanted = min(left, buffer.count)
    guard wanted > 0 else { return 0 }
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    left -= count
    return count
  }
}
