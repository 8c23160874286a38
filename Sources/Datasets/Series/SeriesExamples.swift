import Foundation

/// Where the examples of a table's windows lie: which rows each is made of, and which it is to predict.
struct SeriesExamples: Sendable {
  /// One example's.
  struct Place: Hashable {
    let series: Int
    /// Of the whole table; fewer than a window has where the series is shorter.
    let rows: Range<Int>
    /// The first row whose target it has, and those that follow it.
    let targets: Range<Int>
  }

  let windows: SeriesWindows
  /// Where each series begins, and the end of the last.
  private let starts: [Int]
  /// Examples of all series before each, and of all.
  private let examplesBefore: [Int]

  static let fileName = "series.bin"

  /// - Parameter starts: where each series begins, and the end of the last.
  init(_ windows: SeriesWindows, starts: [Int]) {
    self.windows = windows
    self.starts = starts
    var total = 0
    var before = [0]
    before.reserveCapacity(starts.count)
    for (start, end) in zip(starts, starts.dropFirst()) {
      total += windows.examples(ofRows: end - start)
      before.append(total)
    }
    examplesBefore = before
  }

  /// Those of a dataset on disk.
  ///
  /// - Throws: `DatasetError` of code `storage` when the file isn't what the windows say.
  init(_ windows: SeriesWindows, directory: URL) throws(DatasetError) {
    guard let entities = windows.entities else {
      self.init(windows, starts: [0, windows.rows])
      return
    }
    let file = directory.appendingPathComponent(Self.fileName)
    let mapped = try MappedFile(file)
    let (count, overflow) = entities.count.addingReportingOverflow(1)
    try mapped.check(examples: overflow ? .max : count, bytes: 8)
    let starts = withExtendedLifetime(mapped) {
      (0..<count).map {
        Int(mapped.bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self).littleEndian)
      }
    }
    guard starts.first == 0, starts.last == windows.rows,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw DatasetError(.storage, "\(file.path) is damaged; import the dataset again")
    }
    self.init(windows, starts: starts)
  }

  /// What `init(_:directory:)` reads.
  func write(into directory: URL) throws(DatasetError) {
    let file = try OutputFile(directory.appendingPathComponent(Self.fileName))
    try file.append(starts.map { Int64($0).littleEndian })
    try file.finish()
  }

  var count: Int { examplesBefore[examplesBefore.count - 1] }
  var seriesCount: Int { starts.count - 1 }

  /// The rows of one series.
  func rows(ofSeries series: Int) -> Range<Int> { starts[series]..<starts[series + 1] }

  /// Which series an example is of.
  func series(of example: Int) -> Int {
    // The last that begins no later: series without an example begin where the next does.
    var (low, high) = (0, starts.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if examplesBefore[middle] <= example { low = middle } else { high = middle }
    }
    return low
  }

  /// - Precondition: the example is one.
  func place(of example: Int) -> Place {
    precondition(example >= 0 && example < count, "example \(example) of \(count)")
    let series = series(of: example)
    let first = starts[series] + (example - examplesBefore[series]) * windows.stride
    let length = min(windows.length, starts[series + 1] - first - windows.reach)
    let target =
      windows.predictsEachRow ? first + windows.horizon : first + length - 1 + windows.horizon
    return Place(
      series: series, rows: first..<first + length, targets: target..<target + windows.targetRows)
  }

  /// The last part of each series validates: no row of it, and none that it is predicted from, is seen in training. Where no series is long
  /// enough for that, the last ones validate as a whole.
  func split(validationFraction: Double) -> Split {
    let cuts = (0..<seriesCount).map { series in
      let rows = rows(ofSeries: series)
      let cut = rows.lowerBound + Int(Double(rows.count) * (1 - validationFraction))
      let isCut =
        seriesCount == 1
        || rows.upperBound - cut >= windows.span && cut - rows.lowerBound >= windows.span
      return isCut ? cut : rows.upperBound
    }
    let isByRows = seriesCount == 1 || (0..<seriesCount).contains { cuts[$0] < starts[$0 + 1] }
    guard isByRows else { return splitBySeries(validationFraction: validationFraction) }
    return Split(
      training: ExampleSet(examples: count) { example in
        let place = place(of: example)
        return place.targets.upperBound <= cuts[place.series]
      },
      validation: ExampleSet(examples: count) { example in
        let place = place(of: example)
        return place.rows.lowerBound >= cuts[place.series]
      })
  }

  private func splitBySeries(validationFraction: Double) -> Split {
    let wanted = Int(Double(count) * (1 - validationFraction))
    let own = examplesBefore[series(of: min(wanted, count - 1))]
    // At least one series trains.
    let cut = own > 0 ? own : examplesBefore.first { $0 > 0 } ?? count
    return Split(training: ExampleSet(0..<cut), validation: ExampleSet(cut..<count))
  }
}
