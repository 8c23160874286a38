import CTables

/// The rows of another reader that have all targets; the others are passed over.
final class CompleteRows: RowReader {
  private let base: any RowReader
  private let targets: [Int]
  private var format: tb_format
  /// How many rows were passed over.
  private(set) var passedOver = 0

  /// - Parameter targets: the positions of the columns that must be there.
  init(_ base: any RowReader, targets: [Int], format: TableFormat) {
    self.base = base
    self.targets = targets
    self.format = format.native
  }

  var row: Int { base.row }
  var fields: UnsafeBufferPointer<tb_field> { base.fields }

  func next() throws(DatasetError) -> Bool {
    while try base.next() {
      if isComplete { return true }
      passedOver += 1
    }
    return false
  }

  /// Whether the base's row has all targets; a row that is too short is left to who reads it.
  var isComplete: Bool {
    targets.allSatisfy { target in
      target >= base.count || FieldValue(base[target], format) != .missing
    }
  }
}
