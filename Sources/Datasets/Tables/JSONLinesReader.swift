import CTables
import JSON

/// The rows of a file with one JSON object a line; the first row it gives are the names of all members that occur.
///
/// Members are columns: numbers and texts as they are, `true` and `false` as those words, `null` and what isn't there as missing.
/// Objects within are opened, their members named `outer.inner`.
final class JSONLinesReader: RowReader {
  private let lines: LineReader
  private let names: [String]
  private let places: [String: Int]
  private var buffer: FieldBuffer
  private var isFirst = true
  private(set) var fields = UnsafeBufferPointer<tb_field>(start: nil, count: 0)

  var row: Int { lines.number }

  /// How deep objects may lie in each other.
  private static let deepest = 8

  init(_ source: any ByteSource, names: [String], limits: ImportLimits) {
    lines = LineReader(source, longest: limits.csvLineBytes)
    self.names = names
    places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    buffer = FieldBuffer(fields: names.count)
  }

  /// The names of all members of all lines, in the order in which they come first.
  static func names(
    _ source: any ByteSource, limits: ImportLimits
  ) throws(DatasetError) -> [String] {
    let lines = LineReader(source, longest: limits.csvLineBytes)
    var names: [String] = []
    var known = Set<String>()
    while let line = try lines.next() {
      try forEach(in: line, row: lines.number) { (name, _) throws(DatasetError) in
        guard known.insert(name).inserted else { return }
        names.append(name)
        guard names.count <= limits.csvColumns else {
          throw DatasetError(
            .limitExceeded, "more than \(limits.csvColumns) names of members", row: lines.number)
        }
      }
    }
    return names
  }

  func next() throws(DatasetError) -> Bool {
    if isFirst {
      isFirst = false
      fields = buffer.row(of: names)
      return !names.isEmpty
    }
    buffer.begin(count: names.count)
    guard let line = try lines.next() else { return false }
    try JSONLinesReader.forEach(in: line, row: lines.number) { (name, value) in
      guard let place = places[name] else { return }
      switch value {
      case .string(let text): buffer.set(place, text)
      case .integer, .number: buffer.set(place, value.description)
      case .bool(let flag): buffer.set(place, flag ? "true" : "false")
      default: break
      }
    }
    fields = buffer.finish()
    return true
  }

  private static func forEach(
    in line: [UInt8], row: Int, _ body: (String, JSON) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let value: JSON
    do {
      value = try JSON(parsing: line)
    } catch {
      throw DatasetError(.malformed, "is no JSON (\(error)); write one object a line", row: row)
    }
    guard case .object(let object) = value else {
      throw DatasetError(
        .malformed, "expected an object, found \(value.kind); write one object a line", row: row)
    }
    try open(object, before: "", depth: 0, row: row, body)
  }

  private static func open(
    _ object: JSONObject, before: String, depth: Int, row: Int,
    _ body: (String, JSON) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    for (name, value) in object.members {
      let whole = before + name
      switch value {
      case .object(let inner) where depth < deepest:
        try open(inner, before: whole + ".", depth: depth + 1, row: row, body)
      case .array, .object:
        throw DatasetError(
          .unsupported,
          "holds \(value.kind), and a column holds single values; take it apart, or send arrays as npz",
          row: row, columnName: whole)
      default: try body(whole, value)
      }
    }
  }
}
