import JSON
import Tensors

/// The safetensors format: a little-endian 8-byte length, a JSON header of that length, the contents.
///
/// The header maps each name to `dtype`, `shape` and `data_offsets` from the header's end; the
/// contents follow each other without a gap. Source: https://github.com/huggingface/safetensors
enum SafeTensors {
  /// The longest header that the format's own reader accepts.
  static let longestHeader = 100_000_000

  static func write(
    _ tensors: [NamedTensor], metadata: [(String, String)], to sink: WeightsFile.Sink
  ) throws {
    var header = JSONObject()
    // PyTorch's loaders look for this member.
    let members = [("format", JSON.string("pt"))] + metadata.map { ($0.0, JSON.string($0.1)) }
    header["__metadata__"] = .object(JSONObject(members))
    var offset = 0
    for entry in tensors {
      let end = offset + entry.tensor.type.byteCount
      header[entry.name] = [
        "dtype": .string(name(of: entry.tensor.element)),
        "shape": .array(entry.tensor.shape.dimensions.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    var text = JSON.object(header).encoded()
    // Spaces after the header align the contents, so that a reader can map them.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = UInt64(text.count).littleEndian
    let prefix = withUnsafeBytes(of: length) { Array($0) } + text
    try prefix.withUnsafeBytes { try sink($0) }
    for entry in tensors { try entry.tensor.withUnsafeBytes { try sink($0) } }
  }

  /// - Parameter most: tensors, and bytes of the header, that a file may have.
  static func read(
    _ bytes: [UInt8], most: (tensors: Int, header: Int) = (.max, longestHeader)
  ) throws(TrainingError) -> (tensors: [StoredTensor], metadata: JSONObject) {
    guard bytes.count >= 8 else { throw invalid("\(bytes.count) bytes hold no header length") }
    let length = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(most.header), Int(length) <= bytes.count - 8 else {
      throw invalid(
        "it says that its header has \(length) bytes, in a file of \(bytes.count); at most "
          + "\(most.header)")
    }
    let start = 8 + Int(length)
    let header: JSON
    do {
      header = try JSON(parsing: bytes[8..<start])
    } catch {
      throw invalid("the header is no JSON: \(error)")
    }
    guard let object = header.object else { throw invalid("the header is no object") }
    guard object.members.count <= most.tensors else {
      throw invalid("it has \(object.members.count) tensors; at most \(most.tensors)")
    }
    let entries = try object.members.filter { $0.name != "__metadata__" }
      .map { (member) throws(TrainingError) in try Entry(member.name, member.value) }
    try checkLayout(entries, contents: bytes.count - start)
    var tensors: [StoredTensor] = []
    for entry in entries {
      let range = start + entry.start..<start + entry.end
      tensors.append(
        StoredTensor(name: entry.name, type: entry.type, tensor: entry.tensor(bytes[range])))
    }
    return (tensors, object["__metadata__"]?.object ?? JSONObject())
  }

  /// The contents must be covered from end to end, each byte once.
  private static func checkLayout(_ entries: [Entry], contents: Int) throws(TrainingError) {
    var end = 0
    for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard entry.start == end else {
        throw invalid("\"\(entry.name)\" begins at \(entry.start), where \(end) was expected")
      }
      end = entry.end
    }
    guard end == contents else {
      throw invalid("the tensors take \(end) bytes, the file has \(contents)")
    }
  }

  private static func name(of element: ElementType) -> String {
    switch element {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .uint8: "U8"
    }
  }

  private static func invalid(_ detail: String) -> TrainingError {
    TrainingError(.invalidWeights, "not a safetensors file: \(detail)")
  }

  /// One tensor as the header describes it, checked against itself.
  private struct Entry {
    let name: String
    /// As the header says it.
    let type: String
    let kind: StoredElement
    let shape: Shape
    let start: Int
    let end: Int

    init(_ name: String, _ value: JSON) throws(TrainingError) {
      guard name.utf8.count <= WeightsFile.longestName else {
        throw invalid(
          "\"\(name.prefix(80))…\" is a name of \(name.utf8.count) bytes; at most "
            + "\(WeightsFile.longestName)")
      }
      self.name = name
      let text = value["dtype"]?.string ?? "none"
      guard let kind = StoredElement(safetensors: text) else {
        throw invalid(
          "\"\(name)\" has the dtype \(text.prefix(40)), which isn't read; one of "
            + StoredElement.safetensorsNames)
      }
      type = text
      self.kind = kind
      let dimensions = value["shape"]?.array?.compactMap(\.integer)
      let offsets = value["data_offsets"]?.array?.compactMap(\.integer)
      guard let dimensions, dimensions.count == value["shape"]?.array?.count,
        let offsets, offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0]
      else { throw invalid("\"\(name)\" lacks a shape or two data_offsets") }
      shape = Shape(dimensions)
      start = offsets[0]
      end = offsets[1]
      guard let count = shape.checkedCount, !count.multipliedReportingOverflow(by: 8).overflow,
        count * kind.byteCount == end - start
      else { throw invalid("\"\(name)\" has \(end - start) bytes, which \(text)\(shape) hasn't") }
    }

    func tensor(_ bytes: ArraySlice<UInt8>) -> Tensor { kind.tensor(bytes, shape: shape) }
  }
}
