import CTables
import Foundation

/// The first pass over a table: what kind of value each column has, its statistics, and its values while they are few.
final class TableSurvey {
  let layout: TableLayout
  private(set) var rows = 0
  /// Rows that were passed over, because their target is missing.
  private(set) var dropped = 0
  private let limits: ImportLimits
  private let encoding: ColumnTreatment.Encoding
  private let columns: UnsafeMutableBufferPointer<tb_column>
  /// Bytes that are left for the texts of all columns.
  private let room: UnsafeMutablePointer<Int>

  /// Distinct numbers of one column that are counted, where nobody needs them and there are few columns.
  private static let countedNumbers = 1_000
  /// Distinct numbers among which the most frequent is looked for.
  private static let distinctNumbers = 100_000
  /// Most distinct integers that are taken for classes.
  static let integerClasses = 100
  /// Numbers of one column, and of all together, from which quantiles are taken.
  private static let sample = 1 << 17
  private static let sampleOfAll = 1 << 21

  init(
    _ source: any RowReader, hasHeader: Bool?, options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) {
    layout = try TableSurvey.layout(source, hasHeader: hasHeader, options)
    let complete =
      options.missingTarget == .drop
      ? CompleteRows(source, targets: layout.targets, format: options.tableFormat) : nil
    let reader: any RowReader = complete ?? source
    self.limits = limits
    encoding = options.categoryEncoding
    columns = .allocate(capacity: layout.names.count)
    room = .allocate(capacity: 1)
    var unseen = tb_column()
    unseen.sums = .none
    columns.initialize(repeating: unseen)
    room.initialize(to: limits.categoryBytes)
    prepare(options)
    // Without a header the first row has been read already.
    let hasFirst = !layout.hasHeader && complete?.isComplete != false
    let droppedFirst = !layout.hasHeader && !hasFirst ? 1 : 0
    var hasRow = hasFirst
    if !hasRow { hasRow = try reader.next() }
    var format = options.tableFormat.native
    while hasRow {
      guard reader.count == columns.count else { throw width(reader) }
      let refused = tb_survey(
        columns.baseAddress, reader.fields.baseAddress, columns.count, reader.row, &format)
      if refused >= 0 { throw refusal(reader, refused) }
      rows += 1
      hasRow = try reader.next()
    }
    dropped = (complete?.passedOver ?? 0) + droppedFirst
    tb_survey_end(columns.baseAddress, columns.count)
    guard rows > 0 || dropped == 0 else {
      throw DatasetError(
        .empty, "none of the \(dropped) rows has a target", column: layout.targets[0] + 1,
        columnName: layout.names[layout.targets[0]])
    }
    guard rows > 0 else {
      throw DatasetError(
        .empty, "there's a header but no row below it; add rows, or say header=false", row: 1)
    }
  }

  private static func layout(
    _ reader: any RowReader, hasHeader: Bool?, _ options: ImportOptions
  ) throws(DatasetError) -> TableLayout {
    guard try reader.next() else {
      throw DatasetError(.empty, "the file is empty; upload rows of fields separated by commas")
    }
    return try TableLayout(
      first: (0..<reader.count).map(reader.text), hasHeader: hasHeader, options: options)
  }

  deinit {
    for column in columns {
      if let counts = column.counts { tb_counts_free(counts) }
      column.sample?.deallocate()
    }
    columns.deallocate()
    room.deallocate()
  }

  private func prepare(_ options: ImportOptions) {
    let few = max(16, min(Self.countedNumbers, (1 << 18) / columns.count))
    let sample = max(64, min(Self.sample, Self.sampleOfAll / columns.count))
    for index in columns.indices {
      let role = layout.roles[index]
      let rule = layout.rules[index]
      columns[index].is_passed_over = role == .ignored
      guard role != .ignored else { continue }
      let missing = rule.missing ?? options.missing
      columns[index].refuses_missing =
        role == .target || missing == .refuse && rule.fill == nil && !rule.hasIndicator
      columns[index].refuses_not_finite = rule.kind != .category
      let isCategory = rule.kind == .category
      let most = mostValues(index)
      let numbers =
        role == .target || isCategory
        ? most : missing == .mostFrequent ? Self.distinctNumbers : few
      columns[index].counts = tb_counts_make(most, numbers, room)
      columns[index].sample = .allocate(capacity: sample)
      columns[index].sample_size = UInt32(sample)
      columns[index].random = UInt64(index)
    }
  }

  /// Distinct values that are counted exactly, if they are categories.
  private func mostValues(_ index: Int) -> Int {
    let encoding = layout.rules[index].encoding ?? self.encoding
    return layout.roles[index] == .target || encoding.isLookedUp
      ? limits.classes : limits.categories
  }

  subscript(index: Int) -> tb_column { columns[index] }

  func numbers(_ index: Int) -> RunningStatistics {
    RunningStatistics(columns[index].sums)
  }

  func dates(_ index: Int) -> RunningStatistics {
    let column = columns[index]
    return RunningStatistics(
      count: Int(column.dates), mean: column.date_mean, squares: column.date_squares,
      minimum: column.first_date, maximum: column.last_date)
  }

  // MARK: - Faults

  private func width(_ reader: any RowReader) -> DatasetError {
    DatasetError(
      .malformed,
      "has \(reader.count) field\(reader.count == 1 ? "" : "s") where row 1 has "
        + "\(layout.names.count); quote fields that hold separators", row: reader.row)
  }

  private func refusal(_ reader: any RowReader, _ index: Int) -> DatasetError {
    let text = reader.text(index)
    let isTarget = layout.roles[index] == .target
    if columns[index].not_finite > 0 {
      return DatasetError(
        .malformed, "\"\(text.prefix(40))\" is not finite; correct or remove it",
        row: reader.row, column: index + 1, columnName: layout.names[index])
    }
    let what = text.isEmpty ? "is missing" : "\"\(text)\" means a missing value"
    let remedy =
      isTarget
      ? "a target can't be made up; fill it in, or say missing_target=drop"
      : "fill it in, say missing=mean, median or most_frequent, or ignore=\(layout.names[index])"
    return DatasetError(
      .missingValue, "\(what); \(remedy)", row: reader.row, column: index + 1,
      columnName: layout.names[index])
  }

  // MARK: - What columns are

  enum Verdict {
    case numbers, categories, dates
  }

  /// Numbers when all values are, categories when none or few are; refused when most are.
  func verdict(_ index: Int, isClass: Bool) throws(DatasetError) -> Verdict {
    let column = columns[index]
    let name = layout.names[index]
    let (numbers, texts) = (Int(column.numbers), Int(column.texts))
    let asked = layout.rules[index].kind
    if asked == .category || isClass { return .categories }
    if numbers + texts == 0 {
      throw DatasetError(
        .missingValue,
        "none of the \(rows) rows has a value here; leave it out with ignore=\(name)",
        column: index + 1, columnName: name)
    }
    if asked == .date {
      guard Int(column.dates) == texts, numbers == 0 else {
        throw DatasetError(
          .malformed,
          "the schema says date, and not all values are one of ISO 8601, such as 2026-11-28 or 2026-11-28T06:41:00Z",
          row: texts > 0 ? Int(column.first_text_row) : Int(column.first_number_row),
          column: index + 1, columnName: name)
      }
      return .dates
    }
    guard texts > 0 else { return .numbers }
    if asked == nil, numbers == 0, column.dates == column.texts, layout.roles[index] == .feature {
      return .dates
    }
    if asked == nil, numbers < texts { return .categories }
    let firstText = withUnsafeBytes(of: column.first_text) {
      String(decoding: $0.prefix(Int(column.first_text_length)), as: UTF8.self)
    }
    let hint = column.first_text_row == 1 ? "say header=true if row 1 holds names, or " : ""
    throw DatasetError(
      .malformed,
      "\"\(firstText)\" is not a number, but \(numbers) of the column's "
        + "\(numbers + texts) values are; correct it, \(hint)say categorical=\(name) if the "
        + "values name categories, or ignore=\(name)",
      row: Int(column.first_text_row), column: index + 1, columnName: name)
  }

  /// Whether a target of numbers names classes: integers, of which there are few for the rows.
  func looksLikeClasses(_ index: Int) -> Bool {
    let column = columns[index]
    guard let values = CountedValues(column.counts)?.indices.count else { return false }
    return column.integers == column.numbers && values <= Self.integerClasses
      && (values <= 2 || values * 2 <= rows)
  }

  /// The evidence for what a column was taken for, in words.
  func evidence(_ index: Int, _ verdict: Verdict) -> String {
    let column = columns[index]
    let (numbers, texts) = (Int(column.numbers), Int(column.texts))
    switch verdict {
    case .dates: return "all \(texts) values are dates"
    case .numbers where column.integers == column.numbers:
      return "all \(numbers) values are integers"
    case .numbers: return "all \(numbers) values are numbers"
    case .categories where texts == 0: return "\(numbers) numbers that name categories"
    case .categories where numbers == 0: return "all \(texts) values are text"
    case .categories: return "\(texts) of \(texts + numbers) values are text"
    }
  }

  /// A column's values, numbers in their order and text in that of its code points, each with how often it occurs.
  ///
  /// - Throws: `DatasetError` when there are too many.
  func values(_ index: Int) throws(DatasetError) -> [(value: String, count: Int)] {
    guard let held = CountedValues(columns[index].counts) else {
      let isTarget = layout.roles[index] == .target
      let most = mostValues(index)
      let name = layout.names[index]
      throw DatasetError(
        .limitExceeded,
        "has more distinct values than \(isTarget ? "classes" : "categories") are taken "
          + "(\(most), and \(limits.categoryBytes >> 20) MiB for those of all columns); "
          + (isTarget
            ? "name another target="
            : "leave it out with ignore=\(name), or say schema={\"\(name)\": {\"encoding\": \"hash\"}}"),
        row: Int(columns[index].overflow_row), column: index + 1, columnName: name)
    }
    let values = held.indices.map { (value: held.text($0), count: held.count($0)) }
    let integers = values.compactMap { entry in Int(entry.value).map { ($0, entry) } }
    if integers.count == values.count {
      return integers.sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1.value < $1.1.value }.map(\.1)
    }
    return values.sorted {
      $0.value.unicodeScalars.lexicographicallyPrecedes($1.value.unicodeScalars)
    }
  }

  /// A column's most frequent number, the least of several.
  func mostFrequentNumber(
    _ index: Int, format: TableFormat
  ) throws(DatasetError) -> Double {
    guard let values = CountedValues(columns[index].counts) else {
      throw DatasetError(
        .limitExceeded,
        "has too many distinct numbers to look for the most frequent; say missing=mean",
        column: index + 1, columnName: layout.names[index])
    }
    var byNumber: [Double: Int] = [:]
    let native = format.native
    for place in values.indices {
      guard case .number(let number) = FieldValue(values.bytes(place), native) else { continue }
      byNumber[number, default: 0] += values.count(place)
    }
    let most = byNumber.values.max() ?? 0
    return byNumber.filter { $0.value == most }.keys.min() ?? 0
  }
}
