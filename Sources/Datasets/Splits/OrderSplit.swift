import JSON

/// In the order of the file: the first train, the last are for the test.
public struct OrderSplit: SplitRule {
  public static let documentation = CatalogEntry(
    type: "order",
    summary:
      "In the order of the file: the first train, the last are for the test. Windows of a text or a table that lie across a cut are in "
      + "no part. Of folds, those before the one that validates train.",
    formula: "the first n · share rows, then the next",
    source: "As sklearn.model_selection.TimeSeriesSplit with a gap as wide as a window.")

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }
  public static let isForward = true
  public static let takesWindows = true

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    let spans = source.dataset.spans ?? ExampleSpans(length: 1, stride: 1, rows: source.examples)
    var ends: [Int] = []
    for size in shares.sizes(spans.rows) { ends.append((ends.last ?? 0) + size) }
    var part = 0
    return (0..<source.examples).map { example in
      let rows = spans.rows(of: example)
      while part < ends.count - 1, rows.lowerBound >= ends[part] { part += 1 }
      return rows.upperBound <= ends[part] ? SplitParts.Part(part) : SplitParts.none
    }
  }
}

/// Examples that are cut out of rows which they may share.
struct ExampleSpans {
  /// Rows of an example, target included.
  let length: Int
  /// Rows from one example's begin to the next one's.
  let stride: Int
  /// Of the whole.
  let rows: Int

  func rows(of example: Int) -> Range<Int> { example * stride..<example * stride + length }
}

extension Dataset {
  /// How examples share rows; `nil` where each has its own.
  var spans: ExampleSpans? {
    if let windows = description.input.windows {
      return ExampleSpans(
        length: windows.length + 1, stride: windows.stride, rows: windows.count)
    }
    return description.input.series.map {
      ExampleSpans(length: $0.length + $0.horizon, stride: $0.stride, rows: $0.rows)
    }
  }
}
