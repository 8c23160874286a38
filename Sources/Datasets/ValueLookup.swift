/// What is gathered in place of the number of a category's value that is stored.
struct ValueLookup: Sendable {
  /// Of the number in a row as it is gathered, and how many numbers take its place.
  let position: Int
  let width: Int
  /// Whether the numbers are what the target is where the value occurs.
  let isByTarget: Bool
  /// How many values are known.
  let values: Int
  /// Which of them each is whose number is stored, where those are another dataset's; -1 for none.
  private let places: [Int]?
  /// The numbers of each value, and of one that is missing or unknown.
  private let table: [Float]

  /// - Parameters:
  ///   - codes: the numbers of each value, one after the other.
  ///   - places: which value each is whose number is stored; the numbers are the values' own when left out.
  init(position: Int, values: Int, codes: [Float], isByTarget: Bool, places: [Int]? = nil) {
    self.position = position
    self.values = values
    self.isByTarget = isByTarget
    self.places = places
    width = max(1, codes.count / max(1, values))
    precondition(codes.count == width * values, "\(codes.count) numbers for \(values) values")
    table = codes + Array(repeating: 0, count: width)
  }

  /// The same with other numbers for the values.
  func with(codes: [Float]) -> ValueLookup {
    ValueLookup(
      position: position, values: values, codes: codes, isByTarget: isByTarget, places: places)
  }

  /// Which value a number means; `nil` for one that is missing or unknown.
  func value(_ number: Float) -> Int? {
    let count = places?.count ?? values
    guard number >= 0, number < Float(count) else { return nil }
    guard let places else { return Int(number) }
    let place = places[Int(number)]
    return place < 0 ? nil : place
  }

  func apply(to row: UnsafeMutablePointer<Float>) {
    let value = value(row[position]) ?? values
    for index in 0..<width { row[position + index] = table[value * width + index] }
  }

  /// Those of the columns that make a row.
  static func all(of columns: [Column]) -> [ValueLookup] {
    let features = columns.filter { $0.role == .feature }
    return zip(features, Column.places(of: features).offsets).compactMap { column, position in
      guard column.isByTarget else { return nil }
      return ValueLookup(
        position: position, values: column.values.count, codes: column.codes, isByTarget: true)
    }
  }
}

extension Column {
  /// Whether it is a feature that the target's codes stand for.
  var isByTarget: Bool {
    role == .feature && treatment.encoding == .target && !values.isEmpty
  }
}

extension [Column] {
  /// Whether a feature is encoded by the target.
  var haveTargetCodes: Bool { contains(where: \.isByTarget) }

  /// The columns with what stands for their values by the target.
  func with(codes: [[Float]]) -> [Column] {
    var columns = self
    var codes = codes[...]
    for index in columns.indices where columns[index].isByTarget {
      columns[index].codes = codes.removeFirst()
    }
    return columns
  }
}
