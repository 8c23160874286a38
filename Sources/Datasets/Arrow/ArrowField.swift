/// A column of an Arrow schema, or a part of one.
///
/// Source: Schema.fbs of https://github.com/apache/arrow/tree/main/format
struct ArrowField {
  /// What each value is, as far as it becomes text or a number.
  enum Kind: Equatable {
    case null
    case bool
    case integer(bits: Int, isSigned: Bool)
    /// 16, 32 or 64 bits.
    case float(bits: Int)
    /// Bytes between two offsets, of 32 bits or of 64.
    case text(isLarge: Bool)
    /// Short texts where they stand, others in buffers beside.
    case textView
    /// Days since 1970; and those as milliseconds.
    case days
    case dayMilliseconds
    /// Parts of a second since 1970, so many a second.
    case time(unitsPerSecond: Int64)
    case decimal(bits: Int, scale: Int)
    /// So many values of the only child.
    case list(count: Int)
    case structure
  }

  let name: String
  let kind: Kind
  let children: [ArrowField]
  /// Where values are numbers of a dictionary's: which, and what the numbers are.
  let dictionary: (id: Int64, index: Kind)?

  private static let deepest = 8
  private static let longestName = 1_024

  /// - Parameter left: how many fields there may still be.
  init(_ table: FlatBuffer.Table, depth: Int = 0, left: inout Int) throws(DatasetError) {
    name = try table.text(0)
    left -= 1
    guard left >= 0, name.utf8.count <= Self.longestName else {
      throw DatasetError(
        .limitExceeded,
        "there are too many columns, or a name of more than \(Self.longestName) bytes")
    }
    guard depth < Self.deepest else {
      throw DatasetError(.unsupported, "lies too deep within others", columnName: name)
    }
    var children: [ArrowField] = []
    for child in try table.tables(5) {
      children.append(try ArrowField(child, depth: depth + 1, left: &left))
    }
    self.children = children
    let type = try table.integer(2, UInt8.self)
    kind = try Self.kind(type, table.table(3), name: name)
    if case .list = kind, children.count != 1 {
      throw DatasetError(.malformed, "a list has one kind of value", columnName: name)
    }
    if let encoding = try table.table(4) {
      let index =
        try encoding.table(1).map { (type) throws(DatasetError) in try Self.integer(type) }
        ?? .integer(bits: 32, isSigned: true)
      dictionary = (try encoding.integer(0, Int64.self), index)
      guard children.isEmpty else {
        throw DatasetError(
          .unsupported, "is a dictionary of values that have parts", columnName: name)
      }
    } else {
      dictionary = nil
    }
  }

  private static func integer(_ table: FlatBuffer.Table) throws(DatasetError) -> Kind {
    let bits = Int(try table.integer(0, Int32.self))
    guard [8, 16, 32, 64].contains(bits) else {
      throw DatasetError(.malformed, "there are no integers of \(bits) bits")
    }
    return .integer(bits: bits, isSigned: try table.integer(1, UInt8.self) != 0)
  }

  private static func kind(
    _ type: UInt8, _ table: FlatBuffer.Table?, name: String
  ) throws(DatasetError) -> Kind {
    guard let table else {
      throw DatasetError(.malformed, "has no type", columnName: name)
    }
    switch type {
    case 1: return .null
    case 2: return try integer(table)
    case 3:
      let precision = Int(try table.integer(0, Int16.self))
      guard (0...2).contains(precision) else { break }
      return .float(bits: 16 << precision)
    case 5: return .text(isLarge: false)
    case 6: return .bool
    case 7:
      let bits = Int(try table.integer(2, Int32.self, default: 128))
      let scale = Int(try table.integer(1, Int32.self))
      guard [32, 64, 128].contains(bits), (-38...38).contains(scale) else { break }
      return .decimal(bits: bits, scale: scale)
    case 8:
      return try table.integer(0, Int16.self, default: 1) == 0
        ? .days : .dayMilliseconds
    case 10:
      let unit = Int(try table.integer(0, Int16.self))
      guard (0...3).contains(unit) else { break }
      return .time(unitsPerSecond: [1, 1_000, 1_000_000, 1_000_000_000][unit])
    // Times of day and durations are numbers.
    case 9:
      return .integer(bits: Int(try table.integer(1, Int32.self, default: 32)), isSigned: true)
    case 18: return .integer(bits: 64, isSigned: true)
    case 13: return .structure
    case 16:
      let count = Int(try table.integer(0, Int32.self))
      guard count > 0 else { break }
      return .list(count: count)
    case 20: return .text(isLarge: true)
    case 24: return .textView
    default: break
    }
    let names = [
      4: "bytes", 11: "intervals", 12: "lists of any length", 14: "unions", 15: "bytes", 17: "maps",
      19: "bytes", 21: "lists of any length", 22: "runs", 23: "bytes", 25: "lists of any length",
      26: "lists of any length",
    ]
    throw DatasetError(
      .unsupported,
      "holds \(names[Int(type)] ?? "values of an unknown type"); leave the column out of the file, or take it apart",
      columnName: name)
  }

  /// The names of the columns that it becomes: parts of structures and of lists have one each.
  func names(before: String = "") -> [String] {
    let whole = before + name
    switch kind {
    case .structure: return children.flatMap { $0.names(before: whole + ".") }
    case .list(let count):
      let inner = children[0].names().map { $0.drop { $0 != "." } }
      return (0..<count).flatMap { index in inner.map { "\(whole).\(index)\($0)" } }
    default: return [whole]
    }
  }

  /// Whether there is data of it, as many as rows.
  var hasValues: Bool {
    if dictionary != nil { return true }
    switch kind {
    case .null: return false
    case .structure, .list: return children.contains(where: \.hasValues)
    default: return true
    }
  }

  /// How many columns it becomes; `nil` for more than can be counted.
  var width: Int? {
    switch kind {
    case .structure:
      var sum: Int? = 0
      for child in children {
        guard let width = child.width, let so = sum else { return nil }
        sum = so + width
      }
      return sum.flatMap { $0 <= 1 << 30 ? $0 : nil }
    case .list(let count):
      guard let inner = children[0].width, count <= 1 << 20, inner <= 1 << 10 else { return nil }
      return count * inner
    default: return 1
    }
  }
}
