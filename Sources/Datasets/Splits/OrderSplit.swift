import JSON

/// In the order of the file: the first train, the last are for the test.
public struct OrderSplit: SplitRule {
  public static let documentation = CatalogEntry(
    type: "order",
    summary:
      "In the order of the file: the first train, the last are for the test. Windows of a text or a table that lie across a cut are in "
      + "no part; of several series each is cut. Of folds, those before the one that validates train.",
    formula: "the first n · share rows, then the next",
    source: "As sklearn.model_selection.TimeSeriesSplit with a gap as wide as a window.")

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }
  public static let isForward = true
  public static let takesWindows = true

  public func parts(
    of source: SplitSource, shares: SplitShares, seed: UInt64
  ) throws(DatasetError) -> [SplitParts.Part] {
    var ends: [Int] = []
    var part = 0
    var cut: Range<Int>?
    return (0..<source.examples).map { example in
      let span = source.dataset.span(of: example)
      if cut != span.series {
        // The next series is cut as the one before it was.
        ends = []
        for size in shares.sizes(span.series.count) {
          ends.append((ends.last ?? span.series.lowerBound) + size)
        }
        (part, cut) = (0, span.series)
      }
      while part < ends.count - 1, span.rows.lowerBound >= ends[part] { part += 1 }
      return span.rows.upperBound <= ends[part] ? SplitParts.Part(part) : SplitParts.none
    }
  }
}

/// The rows that an example takes, target included, and those of the whole series that it is cut out of.
struct ExampleSpan {
  let rows: Range<Int>
  let series: Range<Int>
}

extension Dataset {
  /// Whether examples may have rows in common.
  var sharesRows: Bool { description.input.windows != nil || series != nil }

  /// Which rows an example takes; its own where examples share none.
  func span(of example: Int) -> ExampleSpan {
    if let windows = description.input.windows {
      let first = example * windows.stride
      return ExampleSpan(
        rows: first..<first + windows.length + 1, series: 0..<windows.count)
    }
    guard let series else {
      return ExampleSpan(rows: example..<example + 1, series: 0..<examples)
    }
    let place = series.place(of: example)
    return ExampleSpan(
      rows: place.rows.lowerBound..<place.targets.upperBound,
      series: series.rows(ofSeries: place.series))
  }
}
