/// What is gathered in place of the number of a category's value that is stored.
struct ValueLookup: Sendable {
  /// Of the number in a row as it is gathered, and how many numbers take its place.
  let position: Int
  let width: Int
  /// The numbers of each value, and of one that is missing or unknown.
  private let table: [Float]
  private let values: Int

  /// - Parameter table: the numbers of each value, one after the other.
  init(position: Int, width: Int, _ table: [Float]) {
    self.position = position
    self.width = width
    values = table.count / max(1, width)
    self.table = table + Array(repeating: 0, count: width)
  }

  func apply(to row: UnsafeMutablePointer<Float>) {
    let number = row[position]
    let value = number >= 0 && number < Float(values) ? Int(number) : values
    for index in 0..<width { row[position + index] = table[value * width + index] }
  }

  /// Those of the columns that make a row.
  static func all(of columns: [Column]) -> [ValueLookup] {
    let features = columns.filter { $0.role == .feature }
    return zip(features, Column.places(of: features).offsets).compactMap { column, position in
      guard column.treatment.encoding == .target, !column.values.isEmpty else { return nil }
      return ValueLookup(
        position: position, width: column.codes.count / column.values.count, column.codes)
    }
  }
}
