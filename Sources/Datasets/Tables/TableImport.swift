import Foundation
import JSON

/// The last pass over a table: writes what a model sees of each row.
struct TableImport {
  let file: URL
  let options: ImportOptions
  let limits: ImportLimits

  /// Rows shown by a preview, and bytes of their text, at most.
  private static let previewRows = 100
  private static let previewBytes = 1 << 18

  func run(into directory: URL) throws(DatasetError) -> DecodedParts {
    let analysis = try TableAnalysis(file: file, options: options, limits: limits)
    let encoder = TableEncoder(columns: analysis.columns)
    let uploaded = try FileSource(file).size
    let (bytes, overflow) = analysis.rows.multipliedReportingOverflow(
      by: (encoder.width + analysis.target.shape.count) * 4)
    guard !overflow, bytes <= limits.expanded(from: uploaded) else {
      throw DatasetError(
        .limitExceeded,
        "\(uploaded) bytes would become \(analysis.rows) rows of \(encoder.width) "
          + "numbers; leave out columns with many categories")
    }
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    let targets = try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets))
    let preview = try write(analysis, encoder, inputs: inputs, targets: targets)
    try inputs.finish()
    try targets.finish()
    let file = try OutputFile(directory.appendingPathComponent(Dataset.FileName.preview))
    try file.append(preview.encoded())
    try file.finish()
    return DecodedParts(
      examples: analysis.rows, input: analysis.input, target: analysis.target,
      columns: analysis.columns)
  }

  private func write(
    _ analysis: TableAnalysis, _ encoder: TableEncoder, inputs: OutputFile, targets: OutputFile
  ) throws(DatasetError) -> JSON {
    let reader = CSVReader(
      try openSource(file, limits: limits), delimiter: analysis.delimiter, limits: limits)
    if analysis.layout.hasHeader { _ = try reader.next() }
    let zeros = [Float](repeating: 0, count: encoder.width)
    var row = zeros
    var previewed: [JSON] = []
    var previewBytes = 0
    let classes = Dictionary(
      analysis.target.classes.enumerated().map { ($1, Int32($0)) },
      uniquingKeysWith: { first, _ in first })
    while try reader.next() {
      row.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      for (cell, column) in encoder.columns.enumerated() {
        do throws(TableEncoder.Refusal) {
          try encoder.encode(reader[column.position - 1], cell: cell, into: &row)
        } catch {
          throw refused(error, reader, column)
        }
      }
      try inputs.append(row)
      for index in analysis.layout.targets {
        try appendTarget(reader, analysis.columns[index], classes: classes, to: targets)
      }
      if previewed.count < TableImport.previewRows, previewBytes < TableImport.previewBytes {
        let texts = (0..<reader.count).map { String(reader.text($0).prefix(1_000)) }
        previewBytes += texts.reduce(0) { $0 + $1.utf8.count }
        previewed.append(.array(texts.map(JSON.string)))
      }
    }
    return .array(previewed)
  }

  private func appendTarget(
    _ reader: CSVReader, _ column: Column, classes: [String: Int32], to targets: OutputFile
  ) throws(DatasetError) {
    let field = reader[column.position - 1]
    switch column.content {
    case .category:
      guard let index = classes[String(decoding: field, as: UTF8.self)] else {
        throw refused(.unknown, reader, column)
      }
      try targets.append([index])
    case .number(_, let scaling, _):
      guard case .number(let number) = FieldValue(field) else {
        throw refused(.notNumber, reader, column)
      }
      let encoded = Float(scaling.encode(number))
      guard encoded.isFinite else { throw refused(.tooLarge, reader, column) }
      try targets.append([encoded])
    case .unused: break
    }
  }

  private func refused(
    _ refusal: TableEncoder.Refusal, _ reader: CSVReader, _ column: Column
  ) -> DatasetError {
    let text = reader.text(column.position - 1).prefix(80)
    let message =
      switch refusal {
      case .missing: "is missing; fill it in"
      case .notNumber: "\"\(text)\" is not a number; correct it"
      case .notFinite: "\"\(text)\" is not finite; correct it"
      case .tooLarge: "\"\(text)\" is too large for a 32-bit float; scale the column down"
      case .unknown: "\"\(text)\" is none of the column's values; upload the file again"
      }
    return DatasetError(
      refusal == .missing ? .missingValue : .malformed, message, row: reader.row,
      column: column.position, columnName: column.name)
  }
}

/// What an import of any format yields beside its files.
struct DecodedParts {
  let examples: Int
  let input: DatasetDescription.Input
  let target: DatasetDescription.Target
  let columns: [Column]
  /// When there are several inputs or targets.
  var arrays: DatasetDescription.NamedArrays?
  /// When the examples are a graph's.
  var graph: GraphDescription?
}
