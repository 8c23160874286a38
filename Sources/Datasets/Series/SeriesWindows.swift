import JSON
import Tensors

/// How examples are cut out of a table whose rows follow each other in time: windows that may overlap without being stored for each.
///
/// An example is the `length` rows from one on that is a multiple of `stride`, counted from where its series begins. Its target is that of the row `horizon`
/// after the last of them, of `steps` rows from that one on, or of the row `horizon` after each.
public struct SeriesWindows: Hashable, Sendable {
  /// The series of a table that has several, one for each value of a column.
  public struct Entities: Hashable, Sendable {
    /// The column that says which series a row belongs to.
    public let column: String
    public let count: Int
    /// Series that are too short for an example.
    public let short: Int
    /// What stands behind the rows of a series that is too short for a window; `nil` where such a series has no example.
    public let padding: Double?
  }

  /// Rows of an example.
  public let length: Int
  /// Rows from an example's last to the first that is to be predicted.
  public let horizon: Int
  /// Rows from one example's begin to the next one's.
  public let stride: Int
  /// How many rows, which follow each other, are to be predicted.
  public let steps: Int
  /// Whether the row `horizon` after each of an example's is to be predicted.
  public let predictsEachRow: Bool
  /// Rows of the whole table.
  public let rows: Int
  /// `nil` where all rows are one series.
  public var entities: Entities?

  /// Rows whose targets an example has.
  var targetRows: Int { predictsEachRow ? length : steps }

  /// Rows beyond an example's last one that its target needs.
  var reach: Int { horizon + steps - 1 }

  /// Rows from an example's first to the last of its target.
  var span: Int { length + reach }

  /// Whether the targets of all rows are stored; else those of examples alone.
  var storesAllTargets: Bool { targetRows > 1 || entities != nil }

  /// Examples of a series of so many rows.
  func examples(ofRows rows: Int) -> Int {
    if rows >= span { return (rows - span) / stride + 1 }
    return entities?.padding != nil && rows > reach ? 1 : 0
  }

  /// Whether a row of the only series is one whose target an example has.
  func isTarget(_ row: Int) -> Bool {
    guard !storesAllTargets else { return true }
    let first = length - 1 + horizon
    return row >= first && (row - first) % stride == 0
      && (row - first) / stride < examples(ofRows: rows)
  }

  /// The shape of an example's target of so many numbers a row.
  func targetShape(numbers: Int) -> Shape {
    if predictsEachRow { return [length, numbers] }
    if steps == 1 { return [numbers] }
    return numbers == 1 ? [steps] : [steps, numbers]
  }

  var json: JSON {
    var object = JSONObject([
      ("window", .integer(length)), ("horizon", .integer(horizon)), ("stride", .integer(stride)),
      ("rows", .integer(rows)),
    ])
    if steps > 1 { object["steps"] = .integer(steps) }
    if predictsEachRow { object["every_row"] = true }
    if let entities {
      object["entity"] = .string(entities.column)
      object["entities"] = .integer(entities.count)
      object["short"] = .integer(entities.short)
      if let padding = entities.padding { object["padding"] = .number(padding) }
    }
    return .object(object)
  }

  init(
    length: Int, horizon: Int, stride: Int, steps: Int = 1, predictsEachRow: Bool = false, rows: Int
  ) {
    (self.length, self.horizon, self.stride, self.rows) = (length, horizon, stride, rows)
    (self.steps, self.predictsEachRow) = (steps, predictsEachRow)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    length = reader.integer("window", in: ImportOptions.windows) ?? 1
    horizon = reader.integer("horizon", in: ImportOptions.windows) ?? 1
    stride = reader.integer("stride", in: ImportOptions.windows) ?? 1
    steps = reader.integer("steps", in: ImportOptions.windows) ?? 1
    predictsEachRow = reader.bool("every_row") ?? false
    rows = reader.integer("rows", in: 1...Int.max) ?? 1
    let count = reader.integer("entities", in: 1...Int.max)
    let short = reader.integer("short", in: 0...Int.max)
    let padding = reader.double("padding", in: ImportOptions.paddings)
    if let column = reader.string("entity") {
      entities = Entities(column: column, count: count ?? 1, short: short ?? 0, padding: padding)
    }
    try reader.finish().check()
  }
}
