import Foundation

/// A file whose rows are read as often as need be, in one of the formats of tables.
struct TableSource {
  private enum Kind {
    case delimited(UInt8)
    case objects(names: [String])
    case sparse(features: ClosedRange<Int>)
    case arrow
  }

  private let file: URL
  private let options: ImportOptions
  private let limits: ImportLimits
  private let kind: Kind

  /// - Parameter format: `csv`, `jsonl`, `libsvm` or `arrow`.
  init(
    _ file: URL, format: DatasetFormat, options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) {
    self.file = file
    self.options = options
    self.limits = limits
    let open = { () throws(DatasetError) -> any ByteSource in
      try TableSource.open(file, options: options, limits: limits)
    }
    switch format {
    case .arrow: kind = .arrow
    case .jsonl: kind = .objects(names: try JSONLinesReader.names(open(), limits: limits))
    case .libsvm: kind = .sparse(features: try SparseLinesReader.features(open(), limits: limits))
    default:
      if let delimiter = options.delimiter {
        kind = .delimited(delimiter)
      } else {
        kind = .delimited(sniffDelimiter(try open().bytes(1 << 16)))
      }
    }
  }

  /// Whether the first row holds names; `nil` where it must be looked at.
  var hasHeader: Bool? {
    if case .delimited = kind { options.header } else { true }
  }

  /// Whether a field that isn't there means 0 rather than nothing.
  var isSparse: Bool {
    if case .sparse = kind { true } else { false }
  }

  func reader() throws(DatasetError) -> any RowReader {
    let open = { () throws(DatasetError) -> any ByteSource in
      try TableSource.open(file, options: options, limits: limits)
    }
    switch kind {
    case .delimited(let delimiter):
      let reader = try CSVReader(
        open(), delimiter: delimiter, comment: options.comment, limits: limits)
      for _ in 0..<options.skippedRows { _ = try reader.next() }
      return reader
    case .objects(let names): return try JSONLinesReader(open(), names: names, limits: limits)
    case .sparse(let features):
      return try SparseLinesReader(open(), features: features, limits: limits)
    case .arrow: return try ArrowReader(file, limits: limits)
    }
  }

  /// Reads the rows that make examples, from the first on.
  func rows(_ layout: TableLayout) throws(DatasetError) -> any RowReader {
    let reader = try reader()
    if layout.hasHeader { _ = try reader.next() }
    guard options.missingTarget == .drop else { return reader }
    return CompleteRows(reader, targets: layout.targets, format: options.tableFormat)
  }

  private static func open(
    _ file: URL, options: ImportOptions, limits: ImportLimits
  ) throws(DatasetError) -> any ByteSource {
    let source = try openSource(file, limits: limits)
    return options.encoding == .utf8 ? source : try TranscodedSource(source, options.encoding)
  }
}
