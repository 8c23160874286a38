import Foundation
import Tensors

/// What two passes over a table find out: its columns, its target and its number of rows.
struct TableAnalysis {
  let layout: TableLayout
  let delimiter: UInt8
  let rows: Int
  let columns: [Column]
  let input: DatasetDescription.Input
  let target: DatasetDescription.Target

  init(file: URL, options: ImportOptions, limits: ImportLimits) throws(DatasetError) {
    let head = try openSource(file, limits: limits).bytes(1 << 16)
    let delimiter = options.delimiter ?? sniffDelimiter(head)
    self.delimiter = delimiter
    let open = { () throws(DatasetError) in
      CSVReader(try openSource(file, limits: limits), delimiter: delimiter, limits: limits)
    }
    let survey = try TableSurvey(open(), options: options)
    layout = survey.layout
    rows = survey.rows
    let verdicts = try survey.verdicts(options: options)
    let isClass = try survey.targetIsClass(verdicts: verdicts, options: options)
    let counts = try ValueCounts(
      open(), survey: survey, verdicts: verdicts, isClass: isClass, options: options, limits: limits
    )
    let joint = try TableAnalysis.jointScaling(survey: survey, verdicts: verdicts, options: options)

    var columns: [Column] = []
    for (index, name) in survey.layout.names.enumerated() {
      let role = survey.layout.roles[index]
      let column = survey.columns[index]
      let content: Column.Content
      if role == .ignored {
        content = .unused
      } else if role == .target && isClass || verdicts[index] == .categories {
        content = counts.category(index, hasMissing: column.missing > 0)
      } else {
        let statistics = column.numbers.summary
        let method = role == .target ? options.targetScale : options.scale ?? .standard
        let scaling = role == .feature ? joint : nil
        content = .number(
          statistics, scaling ?? method.scaling(for: statistics),
          fill: column.missing == 0
            ? nil : options.missing == .mostFrequent ? counts.number(index) : statistics.mean)
      }
      let evidence = role == .ignored ? "" : column.evidence(verdicts[index])
      columns.append(
        Column(
          name: name, position: index + 1, role: role, content: content, missing: column.missing,
          evidence: evidence))
    }
    self.columns = columns
    let width = columns.filter { $0.role == .feature }.map(\.width).reduce(0, +)
    guard width <= limits.exampleElements else {
      throw DatasetError(.limitExceeded, "an example has \(width) numbers; leave columns out")
    }
    input = .init(
      shape: try TableAnalysis.shape(width: width, options: options), stored: .float32,
      scalings: [], statistics: nil)
    target = TableAnalysis.target(layout.targets.map { columns[$0] })
  }

  private static func target(_ columns: [Column]) -> DatasetDescription.Target {
    if columns.count == 1, case .category(let values, let counts, _) = columns[0].content {
      return .classes(names: values, counts: counts)
    }
    var scalings: [Scaling] = []
    var statistics: [NumberStatistics] = []
    for case .number(let numbers, let scaling, _) in columns.map(\.content) {
      scalings.append(scaling)
      statistics.append(numbers)
    }
    return .vector(shape: [scalings.count], scalings: scalings, statistics: statistics)
  }

  /// Columns that are put into a shape are one quantity, so they share one scaling.
  private static func jointScaling(
    survey: TableSurvey, verdicts: [ColumnSurvey.Verdict], options: ImportOptions
  ) throws(DatasetError) -> Scaling? {
    guard options.shape != nil else { return nil }
    var all = RunningStatistics()
    for index in survey.layout.names.indices where survey.layout.roles[index] == .feature {
      guard verdicts[index] == .numbers else {
        throw DatasetError(
          .option,
          "shape needs numbers, and these values are text; leave the column out with ignore=",
          column: index + 1, columnName: survey.layout.names[index])
      }
      all.merge(survey.columns[index].numbers)
    }
    return (options.scale ?? .minMax).scaling(for: all.summary)
  }

  private static func shape(width: Int, options: ImportOptions) throws(DatasetError) -> Shape {
    guard let shape = options.shape else { return [width] }
    guard shape.count == width else {
      throw DatasetError(
        .option, "shape \(shape) has \(shape.count) numbers, but the feature columns are \(width)")
    }
    return shape
  }
}

/// The first pass: what kind of value each column has.
struct TableSurvey {
  let layout: TableLayout
  private(set) var columns: [ColumnSurvey]
  private(set) var rows = 0

  init(_ reader: CSVReader, options: ImportOptions) throws(DatasetError) {
    guard try reader.next() else {
      throw DatasetError(.empty, "the file is empty; upload rows of fields separated by commas")
    }
    layout = try TableLayout(first: (0..<reader.count).map(reader.text), options: options)
    columns = Array(repeating: ColumnSurvey(), count: layout.names.count)
    var hasRow = !layout.hasHeader
    if !hasRow { hasRow = try reader.next() }
    while hasRow {
      try checkWidth(reader)
      for index in columns.indices where layout.roles[index] != .ignored {
        let field = reader[index]
        let value = FieldValue(field)
        let isTarget = layout.roles[index] == .target
        if value == .missing, isTarget || options.missing == .refuse {
          throw missing(reader, index, isTarget: isTarget)
        }
        if value == .notFinite, !layout.isCategorical[index] {
          throw DatasetError(
            .malformed, "\"\(reader.text(index).prefix(40))\" is not finite; correct or remove it",
            row: reader.row, column: index + 1, columnName: layout.names[index])
        }
        columns[index].add(value, field, row: reader.row, isTarget: isTarget)
      }
      rows += 1
      hasRow = try reader.next()
    }
    guard rows > 0 else {
      throw DatasetError(
        .empty, "there's a header but no row below it; add rows, or say header=false", row: 1)
    }
  }

  private func checkWidth(_ reader: CSVReader) throws(DatasetError) {
    guard reader.count != layout.names.count else { return }
    throw DatasetError(
      .malformed,
      "has \(reader.count) field\(reader.count == 1 ? "" : "s") where row 1 has "
        + "\(layout.names.count); quote fields that hold separators", row: reader.row)
  }

  private func missing(_ reader: CSVReader, _ index: Int, isTarget: Bool) -> DatasetError {
    let text = reader.text(index)
    let what = text.isEmpty ? "is missing" : "\"\(text)\" means a missing value"
    let remedy =
      isTarget
      ? "a target can't be made up; remove the row"
      : "fill it in, say missing=mean or missing=most_frequent, or ignore="
        + layout.names[index]
    return DatasetError(
      .missingValue, "\(what); \(remedy)", row: reader.row, column: index + 1,
      columnName: layout.names[index])
  }

  func verdicts(options: ImportOptions) throws(DatasetError) -> [ColumnSurvey.Verdict] {
    var verdicts: [ColumnSurvey.Verdict] = []
    for (index, name) in layout.names.enumerated() {
      if layout.roles[index] == .ignored {
        verdicts.append(.numbers)
        continue
      }
      let isClass = layout.roles[index] == .target && options.targetKind == .class
      verdicts.append(
        try columns[index].verdict(
          position: index + 1, name: name, isCategorical: layout.isCategorical[index] || isClass,
          rows: rows))
    }
    return verdicts
  }

  func targetIsClass(
    verdicts: [ColumnSurvey.Verdict], options: ImportOptions
  ) throws(DatasetError) -> Bool {
    let targets = layout.targets
    if targets.count == 1, let index = targets.first, options.targetKind != .vector {
      if options.targetKind == .class || verdicts[index] == .categories { return true }
      return options.targetScale == .none && columns[index].looksLikeClasses(rows: rows)
    }
    if options.targetKind == .class {
      throw DatasetError(.option, "only one column can hold the class; target names several")
    }
    for index in targets where verdicts[index] == .categories {
      throw DatasetError(
        .option, "a vector to predict is made of numbers, but this column holds text",
        row: columns[index].firstText?.row, column: index + 1, columnName: layout.names[index])
    }
    return false
  }
}
