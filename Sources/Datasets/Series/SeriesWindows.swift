import JSON
import Tensors

/// How examples are cut out of a table whose rows follow each other in time: windows that may overlap without being stored for each.
///
/// Example `i` is the `length` rows from `i · stride` on; its target is that of the row `horizon` after the last of them.
public struct SeriesWindows: Hashable, Sendable {
  /// Rows of an example.
  public let length: Int
  /// Rows from an example's last to the one that is to be predicted.
  public let horizon: Int
  /// Rows from one example's begin to the next one's.
  public let stride: Int
  /// Rows of the whole table.
  public let rows: Int

  /// Windows whose target is there.
  var examples: Int {
    let span = length + horizon
    return rows >= span ? (rows - span) / stride + 1 : 0
  }

  /// The row whose target an example has.
  func target(of example: Int) -> Int { example * stride + length - 1 + horizon }

  /// Whether a row is one whose target an example has.
  func isTarget(_ row: Int) -> Bool {
    let first = target(of: 0)
    return row >= first && (row - first) % stride == 0 && (row - first) / stride < examples
  }

  /// The last part of the table for validation: no row of it, and none that it is predicted from, is seen in training.
  func split(validationFraction: Double) -> Split {
    let cut = Int(Double(rows) * (1 - validationFraction))
    let trained = (0..<examples).prefix { target(of: $0) < cut }.count
    let first = (cut + stride - 1) / stride
    return Split(
      training: ExampleSet(0..<trained),
      validation: first < examples ? ExampleSet(first..<examples) : [])
  }

  var json: JSON {
    [
      "window": .integer(length), "horizon": .integer(horizon), "stride": .integer(stride),
      "rows": .integer(rows),
    ]
  }

  init(length: Int, horizon: Int, stride: Int, rows: Int) {
    (self.length, self.horizon, self.stride, self.rows) = (length, horizon, stride, rows)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    length = reader.integer("window", in: ImportOptions.windows) ?? 1
    horizon = reader.integer("horizon", in: ImportOptions.windows) ?? 1
    stride = reader.integer("stride", in: ImportOptions.windows) ?? 1
    rows = reader.integer("rows", in: 1...Int.max) ?? 1
    try reader.finish().check()
  }
}
