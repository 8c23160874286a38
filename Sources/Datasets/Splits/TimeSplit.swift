import CTables
import JSON

/// By a column of times or numbers: the earliest train, the latest are for the test.
public struct TimeSplit: SplitRule {
  private static let field = RequiredColumn.field(
    "Dates as ISO 8601 writes them, or numbers that grow with time.")

  public static let documentation = CatalogEntry(
    type: "time",
    summary:
      "By a column of times or numbers: the earliest train, the latest are for the test. Rows of one time stay together. Of folds, "
      + "those before the one that validates train.",
    formula: "cut where n · share of the rows lie before, and before all rows of the same time",
    fields: [field],
    source:
      "As sklearn.model_selection.TimeSeriesSplit, but by the times rather than the order of rows.")

  private let required: RequiredColumn

  public init(from reader: inout ObjectReader) {
    required = RequiredColumn(Self.field, from: &reader)
  }

  public static let isForward = true
  public var column: String? { required.name }
  public var configuration: [(String, JSON)] { required.configuration }

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    let format = try source.options.tableFormat.native
    var times: [Double] = []
    times.reserveCapacity(source.examples)
    try source.forEachField(of: required.name) { (field) throws(DatasetError) in
      times.append(try time(field, format))
    }
    let sorted = times.sorted()
    // The first time of each part but the first.
    var starts: [Double] = []
    var before = 0
    for size in shares.sizes(times.count).dropLast() {
      before += size
      starts.append(before < sorted.count ? sorted[before] : .infinity)
    }
    return times.map { time in
      SplitParts.Part(starts.prefix { $0 <= time }.count)
    }
  }

  private func time(
    _ field: UnsafeBufferPointer<UInt8>, _ format: tb_format
  ) throws(DatasetError) -> Double {
    var seconds = 0.0
    if tb_date(field.baseAddress, field.count, &seconds) { return seconds }
    switch FieldValue(field, format) {
    case .number(let number): return number
    case .missing:
      throw DatasetError(
        .missingValue, "has no time; fill it in, or split by another column")
    case .notFinite, .text:
      let text = String(decoding: field.prefix(80), as: UTF8.self)
      throw DatasetError(
        .option, "\"\(text)\" is neither a time (2026-11-28, 2026-11-28T06:41) nor a number")
    }
  }
}
