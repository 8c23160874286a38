import Tensors

/// Turns the feature columns of one row into the numbers a model sees.
///
/// A number is scaled; a category becomes one 1 among zeros, in the order of the column's values.
struct TableEncoder {
  enum Cell {
    case number(Scaling, fill: Double?)
    case category([String: Int], fill: Int?)
  }

  /// The feature columns, in order.
  let columns: [Column]
  let cells: [Cell]
  /// Where each column's numbers start in a row.
  let offsets: [Int]
  let width: Int

  init(columns: [Column]) {
    self.columns = columns.filter { $0.role == .feature }
    var offsets: [Int] = []
    var width = 0
    for column in self.columns {
      offsets.append(width)
      width += column.width
    }
    self.offsets = offsets
    self.width = width
    cells = self.columns.map { column in
      switch column.content {
      case .number(_, let scaling, let fill): .number(scaling, fill: fill)
      case .category(let values, _, let fill):
        .category(
          Dictionary(values.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }),
          fill: fill)
      case .unused: .number(.identity, fill: nil)
      }
    }
  }

  /// Why one value can't be encoded.
  enum Refusal: Error {
    case missing, notNumber, notFinite, tooLarge, unknown
  }

  /// Writes the numbers of one field to `row`, which holds zeros.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, cell index: Int, into row: inout [Float]
  ) throws(Refusal) {
    let value = FieldValue(bytes)
    switch cells[index] {
    case .number(_, let fill):
      switch value {
      case .number(let number): try encode(number: number, cell: index, into: &row)
      case .missing:
        guard let fill else { throw .missing }
        try encode(number: fill, cell: index, into: &row)
      case .notFinite: throw .notFinite
      case .text: throw .notNumber
      }
    case .category(let positions, let fill):
      if value == .missing {
        guard let fill else { throw .missing }
        row[offsets[index] + fill] = 1
      } else {
        guard let position = positions[String(decoding: bytes, as: UTF8.self)] else {
          throw .unknown
        }
        row[offsets[index] + position] = 1
      }
    }
  }

  /// Writes one number, scaled.
  func encode(number: Double, cell index: Int, into row: inout [Float]) throws(Refusal) {
    guard case .number(let scaling, _) = cells[index] else { throw .notNumber }
    let encoded = Float(scaling.encode(number))
    guard encoded.isFinite else { throw .tooLarge }
    row[offsets[index]] = encoded
  }

  /// Writes what stands for a missing value.
  func encodeMissing(cell index: Int, into row: inout [Float]) throws(Refusal) {
    switch cells[index] {
    case .number(_, let fill):
      guard let fill else { throw .missing }
      try encode(number: fill, cell: index, into: &row)
    case .category(_, let fill):
      guard let fill else { throw .missing }
      row[offsets[index] + fill] = 1
    }
  }
}
