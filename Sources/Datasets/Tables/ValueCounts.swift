/// The second pass over a table: the distinct values of the columns that need them, counted.
///
/// There's none when the first one has counted all that's needed, as it does for a target's few classes.
/// Memory is bounded: by a number of distinct values for each column, and of bytes for all.
struct ValueCounts {
  private var texts: [Int: [String: Int]] = [:]
  private var numbers: [Int: [Double: Int]] = [:]
  /// Most distinct numbers among which the most frequent is looked for.
  private static let distinctNumbers = 100_000

  init(
    _ reader: CSVReader, survey: TableSurvey, verdicts: [ColumnSurvey.Verdict], isClass: Bool,
    options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) {
    let layout = survey.layout
    var textColumns: [Int] = []
    for index in layout.names.indices where layout.roles[index] != .ignored {
      let isTarget = layout.roles[index] == .target
      if isTarget, isClass, let counts = survey.columns[index].valueCounts,
        counts.count <= limits.classes
      {
        texts[index] = counts
      } else if verdicts[index] == .categories || isTarget && isClass {
        texts[index] = [:]
        textColumns.append(index)
      } else if options.missing == .mostFrequent, survey.columns[index].missing > 0 {
        numbers[index] = [:]
      }
    }
    guard !textColumns.isEmpty || !numbers.isEmpty else { return }
    let numberColumns = numbers.keys.sorted()
    var bytes = 0
    if layout.hasHeader { _ = try reader.next() }
    while try reader.next() {
      for index in textColumns {
        let field = reader[index]
        if FieldValue(field) == .missing { continue }
        let text = String(decoding: field, as: UTF8.self)
        let isNew = texts[index]?[text] == nil
        texts[index]?[text, default: 0] += 1
        guard isNew else { continue }
        bytes += field.count + 16
        let isTarget = layout.roles[index] == .target
        let most = isTarget ? limits.classes : limits.categories
        if (texts[index]?.count ?? 0) > most || bytes > limits.categoryBytes {
          throw DatasetError(
            .limitExceeded,
            "has more distinct values than \(isTarget ? "classes" : "categories") are taken "
              + "(\(most), and \(limits.categoryBytes) bytes in all columns); "
              + (isTarget
                ? "name another target=" : "leave it out with ignore=\(layout.names[index])"),
            row: reader.row, column: index + 1, columnName: layout.names[index])
        }
      }
      for index in numberColumns {
        guard case .number(let number) = FieldValue(reader[index]) else { continue }
        numbers[index]?[number, default: 0] += 1
        if (numbers[index]?.count ?? 0) > ValueCounts.distinctNumbers {
          throw DatasetError(
            .limitExceeded,
            "has too many distinct numbers to look for the most frequent; say "
              + "missing=mean", column: index + 1, columnName: layout.names[index])
        }
      }
    }
  }

  /// A column's values, numbers in their order and text in that of its code points.
  func category(_ index: Int, hasMissing: Bool) -> Column.Content {
    let counts = texts[index] ?? [:]
    let values = ValueCounts.sorted(Array(counts.keys))
    let ordered = values.map { counts[$0] ?? 0 }
    // The first of the most frequent, so that the choice doesn't depend on hashing.
    let most = ordered.max() ?? 0
    return .category(
      values: values, counts: ordered, fill: hasMissing ? ordered.firstIndex(of: most) : nil)
  }

  /// A column's most frequent number, the least of several.
  func number(_ index: Int) -> Double? {
    guard let counts = numbers[index], let most = counts.values.max() else { return nil }
    return counts.filter { $0.value == most }.keys.min()
  }

  private static func sorted(_ values: [String]) -> [String] {
    let integers = values.compactMap { value in Int(value).map { ($0, value) } }
    if integers.count == values.count {
      return integers.sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1 }.map(\.1)
    }
    return values.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }
}
