/// What the first pass over a table sees of one column.
struct ColumnSurvey {
  var numbers = RunningStatistics()
  /// How many of the numbers are written as integers.
  var integers = 0
  var texts = 0
  var missing = 0
  var firstText: (row: Int, text: String)?
  var firstNumberRow = 0
  /// A target's distinct values, counted until there are more than `integerClasses`.
  private var values: [String: Int] = [:]
  /// Most distinct integers that are taken for classes.
  static let integerClasses = 100

  /// Whether a value was too long to be kept here.
  private var hasLongValue = false
  /// How often each value of a target occurs; `nil` when they are too many or too long for this.
  var valueCounts: [String: Int]? {
    hasLongValue || values.count > ColumnSurvey.integerClasses ? nil : values
  }

  mutating func add(
    _ value: FieldValue, _ bytes: UnsafeBufferPointer<UInt8>, row: Int, isTarget: Bool
  ) {
    switch value {
    case .missing: missing += 1
    case .notFinite: break
    case .text:
      texts += 1
      if isTarget { count(bytes) }
      if firstText == nil { firstText = (row, String(decoding: bytes.prefix(80), as: UTF8.self)) }
    case .number(let number):
      if numbers.count == 0 { firstNumberRow = row }
      numbers.add(number)
      if isInteger(bytes) { integers += 1 }
      if isTarget { count(bytes) }
    }
  }

  private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>) {
    if bytes.count > 256 { hasLongValue = true }
    guard !hasLongValue, values.count <= ColumnSurvey.integerClasses else { return }
    values[String(decoding: bytes, as: UTF8.self), default: 0] += 1
  }

  /// Whether it's numbers or categories.
  enum Verdict {
    case numbers, categories
  }

  /// Numbers when all values are, categories when none or few are; refused when most are.
  func verdict(
    position: Int, name: String, isCategorical: Bool, rows: Int
  ) throws(DatasetError) -> Verdict {
    if isCategorical { return .categories }
    guard numbers.count + texts > 0 else {
      throw DatasetError(
        .missingValue,
        "none of the \(rows) rows has a value here; leave it out with ignore=\(name)",
        column: position, columnName: name)
    }
    guard let firstText else { return .numbers }
    guard numbers.count >= texts else { return .categories }
    let hint =
      firstText.row == 1 ? "say header=true if row 1 holds names, or " : ""
    throw DatasetError(
      .malformed,
      "\"\(firstText.text)\" is not a number, but \(numbers.count) of the column's "
        + "\(numbers.count + texts) values are; correct it, \(hint)say categorical=\(name) if the "
        + "values name categories, or ignore=\(name)",
      row: firstText.row, column: position, columnName: name)
  }

  /// Whether a target of numbers names classes: integers, of which there are few for the rows.
  func looksLikeClasses(rows: Int) -> Bool {
    integers == numbers.count && values.count <= ColumnSurvey.integerClasses
      && (values.count <= 2 || values.count * 2 <= rows)
  }

  /// The column's evidence, in words.
  func evidence(_ verdict: Verdict) -> String {
    switch verdict {
    case .numbers where integers == numbers.count: "all \(numbers.count) values are integers"
    case .numbers: "all \(numbers.count) values are numbers"
    case .categories where texts == 0: "\(numbers.count) numbers that name categories"
    case .categories where numbers.count == 0: "all \(texts) values are text"
    case .categories: "\(texts) of \(texts + numbers.count) values are text"
    }
  }
}
