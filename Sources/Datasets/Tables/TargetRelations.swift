import CTables

/// What the columns of a table have to do with its target, from the rows as a model sees them.
struct TargetRelations: ~Copyable {
  private enum Kind {
    case number
    case classes([Int])
  }

  private let kind: Kind
  private let width: Int
  private let sums: UnsafeMutableBufferPointer<Double>
  private var rows = 0
  private var (target, targetSquares) = (0.0, 0.0)

  /// Numbers of a row, and classes, beyond which it is left alone.
  private static let mostWidth = 4_096
  private static let mostClasses = 32

  /// `nil` where there are several targets, or too many numbers or classes.
  init?(width: Int, target: DatasetDescription.Target) {
    guard width <= Self.mostWidth else { return nil }
    switch target {
    case .vector(let shape, _, _) where shape.count == 1: kind = .number
    case .classes(_, let counts) where counts.count <= Self.mostClasses: kind = .classes(counts)
    default: return nil
    }
    self.width = width
    var count = 3
    if case .classes(let counts) = kind { count = 2 + counts.count }
    sums = .allocate(capacity: max(1, width * count))
    sums.initialize(repeating: 0)
  }

  deinit { sums.deallocate() }

  private func part(_ index: Int) -> UnsafeMutablePointer<Double>? {
    sums.baseAddress.map { $0 + index * width }
  }

  mutating func add(_ row: UnsafeMutableBufferPointer<Float>, target value: Float) {
    rows += 1
    target += Double(value)
    targetSquares += Double(value) * Double(value)
    tb_relate_number(row.baseAddress, width, Double(value), part(0), part(1), part(2))
  }

  mutating func add(_ row: UnsafeMutableBufferPointer<Float>, class index: Int32) {
    rows += 1
    tb_relate_class(row.baseAddress, width, part(0), part(1), part(2 + Int(index)))
  }

  /// For a column that makes `numbers`; `nil` when nothing can be said of it.
  func relation(of column: Column, numbers: Range<Int>) -> ColumnSummary.Relation? {
    guard rows > 1, let first = numbers.first else { return nil }
    switch (kind, column.content) {
    case (.number, .number): return correlation(first)
    case (.number, .category) where column.treatment.encoding == .oneHot:
      // The share of the target's variance that the means of the column's values make.
      return ratio(numbers)
    case (.classes(let counts), .number): return ratio(first, counts)
    case (.classes(let counts), .category) where column.treatment.encoding == .oneHot:
      return association(numbers, counts)
    default: return nil
    }
  }

  private func correlation(_ index: Int) -> ColumnSummary.Relation? {
    let count = Double(rows)
    let (x, xx, xy) = (sums[index], sums[width + index], sums[2 * width + index])
    let (ofX, ofY) = (xx - x * x / count, targetSquares - target * target / count)
    guard ofX > 1e-12 * xx, ofY > 1e-12 * targetSquares else { return nil }
    let value = (xy - x * target / count) / (ofX * ofY).squareRoot()
    return value.isFinite ? .init(kind: .correlation, value: max(-1, min(1, value))) : nil
  }

  private func ratio(_ numbers: Range<Int>) -> ColumnSummary.Relation? {
    let mean = target / Double(rows)
    let whole = targetSquares - target * mean
    guard whole > 1e-12 * targetSquares else { return nil }
    let between = numbers.reduce(0.0) { sum, index in
      let count = sums[index]
      guard count > 0 else { return sum }
      let difference = sums[2 * width + index] / count - mean
      return sum + count * difference * difference
    }
    return .init(kind: .correlationRatio, value: min(1, max(0, between / whole)).squareRoot())
  }

  private func ratio(_ index: Int, _ counts: [Int]) -> ColumnSummary.Relation? {
    let mean = sums[index] / Double(rows)
    let whole = sums[width + index] - sums[index] * mean
    guard whole > 1e-12 * sums[width + index] else { return nil }
    let between = counts.enumerated().reduce(0.0) { sum, entry in
      guard entry.element > 0 else { return sum }
      let difference = sums[(2 + entry.offset) * width + index] / Double(entry.element) - mean
      return sum + Double(entry.element) * difference * difference
    }
    return .init(kind: .correlationRatio, value: min(1, max(0, between / whole)).squareRoot())
  }

  private func association(_ numbers: Range<Int>, _ counts: [Int]) -> ColumnSummary.Relation? {
    let (rowCount, columnCount) = (numbers.count { sums[$0] > 0 }, counts.count { $0 > 0 })
    guard rowCount > 1, columnCount > 1 else { return nil }
    var square = 0.0
    for index in numbers where sums[index] > 0 {
      for (place, count) in counts.enumerated() where count > 0 {
        let expected = sums[index] * Double(count) / Double(rows)
        let difference = sums[(2 + place) * width + index] - expected
        square += difference * difference / expected
      }
    }
    let value = (square / Double(rows) / Double(min(rowCount, columnCount) - 1)).squareRoot()
    return .init(kind: .association, value: min(1, value))
  }
}
