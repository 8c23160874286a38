import CTables
import Foundation
import JSON

/// The last pass over a table: writes what a model sees of each row.
struct TableImport {
  let file: URL
  let format: DatasetFormat
  let options: ImportOptions
  let limits: ImportLimits

  /// Rows shown by a preview, and bytes of their text, at most.
  private static let previewRows = 100
  private static let previewBytes = 1 << 18

  func run(into directory: URL) throws(DatasetError) -> DecodedParts {
    let source = try TableSource(file, format: format, options: options, limits: limits)
    var analysis = try TableAnalysis(source, options: options, limits: limits)
    let encoder = TableEncoder(
      columns: analysis.columns, format: options.tableFormat, isStored: true)
    let uploaded = try FileSource(file).size
    let (bytes, overflow) = analysis.rows.multipliedReportingOverflow(
      by: (encoder.width + analysis.layout.targets.count) * 4)
    guard !overflow, bytes <= limits.expanded(from: uploaded) else {
      throw DatasetError(
        .limitExceeded,
        "\(uploaded) bytes would become \(analysis.rows) rows of \(encoder.width) "
          + "numbers; leave out columns with many categories")
    }
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    let targets = try OutputFile(directory.appendingPathComponent(Dataset.FileName.targets))
    let preview = try write(source, &analysis, encoder, inputs: inputs, targets: targets)
    try inputs.finish()
    try targets.finish()
    if let series = analysis.series, let windows = analysis.input.series {
      try SeriesExamples(windows, starts: series.starts).write(into: directory)
    }
    try analysis.encodeByTarget(inputs: inputs.file, targets: targets.file)
    let file = try OutputFile(directory.appendingPathComponent(Dataset.FileName.preview))
    try file.append(preview.encoded())
    try file.finish()
    return DecodedParts(
      examples: analysis.examples, input: analysis.input, target: analysis.target,
      columns: analysis.columns)
  }

  private func write(
    _ source: TableSource, _ analysis: inout TableAnalysis, _ encoder: TableEncoder,
    inputs: OutputFile, targets: OutputFile
  ) throws(DatasetError) -> JSON {
    let reader = try source.rows(analysis.layout)
    let row = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, encoder.width))
    row.initialize(repeating: 0)
    defer { row.deallocate() }
    let bytes = UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: row[..<encoder.width]))
    var previewed: [JSON] = []
    var previewBytes = 0
    let writer = TargetColumns(analysis, format: options.tableFormat)
    let windows = analysis.input.series
    var relations =
      windows == nil ? TargetRelations(width: encoder.width, target: analysis.target) : nil
    let targetBytes = analysis.layout.targets.count * 4
    var (number, next) = (0, 0)
    while try reader.next() {
      if let (cell, refusal) = encoder.encode(reader.fields, into: row) {
        throw TableImport.refused(refusal, reader, encoder.columns[cell])
      }
      if let series = analysis.series {
        guard let place = series.place(of: reader) else {
          throw DatasetError(.storage, "the file changed while it was read; upload it again")
        }
        if place != next {
          try inputs.seek(to: place * bytes.count)
          try targets.seek(to: place * targetBytes)
        }
        next = place + 1
      }
      try inputs.append(bytes)
      if windows?.isTarget(number) ?? true {
        switch try writer.write(reader, to: targets) {
        case .class(let index): relations?.add(row, class: index)
        case .number(let number): relations?.add(row, target: number)
        case .numbers: break
        }
      }
      number += 1
      if previewed.count < TableImport.previewRows, previewBytes < TableImport.previewBytes {
        let texts = (0..<reader.count).map { String(reader.text($0).prefix(1_000)) }
        previewBytes += texts.reduce(0) { $0 + $1.utf8.count }
        previewed.append(.array(texts.map(JSON.string)))
      }
    }
    for (index, column) in encoder.columns.enumerated() {
      let start = encoder.offsets[index]
      let numbers = start..<start + column.width - (column.treatment.hasIndicator ? 1 : 0)
      if let relation = relations?.relation(of: column, numbers: numbers) {
        analysis.relate(column.position - 1, relation)
      }
    }
    return .array(previewed)
  }

  static func refused(
    _ refusal: TableEncoder.Refusal, _ reader: any RowReader, _ column: Column
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

/// Writes what is to be predicted of each row.
private struct TargetColumns {
  enum Written {
    case `class`(Int32)
    case number(Float)
    case numbers
  }

  private let columns: [Column]
  private let classes: [String: Int32]
  private let format: tb_format

  init(_ analysis: TableAnalysis, format: TableFormat) {
    columns = analysis.layout.targets.map { analysis.columns[$0] }
    classes = Dictionary(
      analysis.target.classes.enumerated().map { ($1, Int32($0)) },
      uniquingKeysWith: { first, _ in first })
    self.format = format.native
  }

  func write(_ reader: any RowReader, to file: OutputFile) throws(DatasetError) -> Written {
    var written = Written.numbers
    for column in columns {
      let field = reader[column.position - 1]
      switch column.content {
      case .category:
        guard let index = classes[String(decoding: field, as: UTF8.self)] else {
          throw TableImport.refused(.unknown, reader, column)
        }
        try file.append([index])
        written = .class(index)
      case .number(_, let scaling, _):
        guard case .number(let number) = FieldValue(field, format) else {
          throw TableImport.refused(.notNumber, reader, column)
        }
        let encoded = Float(scaling.encode(number))
        guard encoded.isFinite else { throw TableImport.refused(.tooLarge, reader, column) }
        try file.append([encoded])
        written = columns.count == 1 ? .number(encoded) : .numbers
      case .date, .unused: break
      }
    }
    return written
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
