import Foundation

/// One part of a graph's upload: an array, an archive of arrays, or rows of text.
struct GraphPart {
  enum Kind { case array, archive, text }

  let name: String
  let file: URL
  let kind: Kind
  private let limits: ImportLimits

  /// The parts a graph may come in.
  static let names = [
    "features", "edges", "targets", "train_mask", "validation_mask", "test_mask", "edge_features",
    "graphs", "content", "cites",
  ]

  init(_ name: String, _ file: URL, limits: ImportLimits) throws(DatasetError) {
    self.name = name
    self.file = file
    self.limits = limits
    let head = try openSource(file, limits: limits).bytes(6)
    if head.starts(with: [0x93] + Array("NUMPY".utf8)) {
      kind = .array
    } else if head.starts(with: Array("PK".utf8)) {
      kind = .archive
    } else {
      kind = .text
    }
  }

  func refusal(
    _ code: DatasetError.Code, _ message: String, row: Int? = nil, column: Int? = nil
  ) -> DatasetError {
    DatasetError(code, message, part: name, row: row, column: column)
  }

  /// All numbers of an array, or of one of an archive, with its axes.
  ///
  /// - Parameter elements: how many it may have at most.
  func numbers(
    of member: String? = nil, atMost elements: Int
  ) throws(DatasetError) -> (shape: [Int], isInteger: Bool, numbers: [Double]) {
    let (file, limits) = (self.file, self.limits)
    let spool = file.deletingLastPathComponent().appendingPathComponent("\(name).spool")
    let what = member.map { "\(name), array \"\($0)\"" } ?? name
    let array: UploadedArray
    if let member {
      let archive = try NPZArchive(file, limits: limits)
      guard archive.names.contains(member) else {
        throw refusal(
          .malformed,
          "has no array \"\(member)\"; a sparse matrix is saved by scipy.sparse.save_npz in CSR form"
        )
      }
      array = try UploadedArray(name: what, spoolFile: spool, limits: limits) {
        () throws(DatasetError) in try archive.open(member)
      }
    } else {
      array = try UploadedArray(name: what, spoolFile: spool, limits: limits) {
        () throws(DatasetError) in try openSource(file, limits: limits)
      }
    }
    let dimensions = array.header.shape.dimensions
    let count = array.header.shape.count
    guard count <= elements else {
      throw refusal(.limitExceeded, "has \(count) elements; at most \(elements)")
    }
    // What the header says is believed as far as the bytes go.
    var numbers: [Double] = []
    try array.forEachRun { (position, run) throws(DatasetError) in
      if numbers.count < position + run.count {
        numbers.append(
          contentsOf: repeatElement(0, count: position + run.count - numbers.count))
      }
      for index in run.indices { numbers[position + index] = run[index] }
    }
    return (dimensions, array.header.element.kind.isInteger, numbers)
  }

  /// Calls `body` with every record of text, after the header if there is one.
  ///
  /// - Parameters:
  ///   - delimiter: `nil` for what the first line shows.
  ///   - header: receives the names of the columns, none without a header.
  func forEachRecord(
    delimiter: UInt8? = nil, header: ([String]) throws(DatasetError) -> Void = { _ in },
    _ body: (CSVReader) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    guard kind == .text else {
      throw refusal(.malformed, "is an array, and rows of text are needed")
    }
    do throws(DatasetError) {
      let head = try openSource(file, limits: limits).bytes(1 << 16)
      let reader = try CSVReader(
        try openSource(file, limits: limits), delimiter: delimiter ?? sniffDelimiter(head),
        limits: limits)
      var isFirst = true
      while try reader.next() {
        if isFirst {
          isFirst = false
          let fields = (0..<reader.count).map { reader.text($0) }
          let isHeader = (0..<reader.count).allSatisfy { FieldValue(reader[$0]) == .text }
          try header(isHeader ? fields : [])
          if isHeader { continue }
        }
        try body(reader)
      }
      if isFirst { throw refusal(.empty, "has no row") }
    } catch {
      throw error.located(inPart: name)
    }
  }

  /// A whole number of a field.
  func integer(
    _ reader: CSVReader, _ field: Int, below limit: Int, _ what: String
  ) throws(DatasetError) -> Int32 {
    guard case .number(let number) = FieldValue(reader[field]), number.rounded() == number,
      number >= 0, number < Double(limit)
    else {
      throw refusal(
        .malformed,
        "\"\(reader.text(field).prefix(40))\" is no \(what); they are whole numbers from 0 to \(limit - 1)",
        row: reader.row, column: field + 1)
    }
    return Int32(number)
  }
}
