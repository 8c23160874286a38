import Digests
import Foundation
import JSON
import Tensors

extension DatasetDescription {
  /// Turns an npy body of a prediction request into what a model sees, by the import's transform.
  ///
  /// - Parameter npy: an array `[n] + inputShape`, or `[n, …]` with as many numbers an example; for a
  ///   table one number for each feature column, all of which must be numbers, where NaN is a missing one; for its windows so many for each row.
  /// - Returns: a `float32` tensor of shape `[n] + inputShape`.
  /// - Throws: `DatasetError` for what is no such array, with example and feature.
  public func encode(
    npy: [UInt8], limits: ImportLimits = ImportLimits()
  ) throws(DatasetError) -> Tensor {
    let spool = FileManager.default.temporaryDirectory
      .appendingPathComponent("chainrule-\(SecureRandom.bytes(16).hexadecimal).spool")
    let array = try UploadedArray(name: "the body", spoolFile: spool, limits: limits) {
      BytesSource(npy)
    }
    let encoder = columns.isEmpty ? nil : TableEncoder(columns: columns)
    let rows = input.series?.length ?? 1
    let width = encoder.map { $0.columns.count * rows } ?? input.shape.count
    guard array.header.format == .npy, array.width == width else {
      throw DatasetError(
        .malformed,
        "has shape \(array.header.shape); examples of "
          + (encoder.map { "\(rows > 1 ? "\(rows) rows of " : "")\($0.columns.count) columns" }
            ?? "shape \(input.shape)") + " are needed, so [n] + that", part: "the body")
    }
    // Looked at before there's memory for as many numbers as the header says.
    guard array.header.byteCount + array.header.bodyBytes == npy.count else {
      throw DatasetError(
        .malformed,
        "has \(npy.count) bytes, but shape \(array.header.shape) of "
          + "\(array.header.element.name) needs \(array.header.byteCount + array.header.bodyBytes)",
        part: "the body")
    }
    if let column = featureColumns.first(where: { !$0.isNumber }) {
      throw DatasetError(
        .unsupported, "this column holds categories, which an array can't; send JSON rows",
        column: column.position, columnName: column.name)
    }
    let count = array.examples
    if let encoder { return try encode(array, rows: count * rows, with: encoder) }
    let scalings = (0..<width).map(scaling(ofElement:))
    var elements = [Float](repeating: 0, count: count * width)
    try array.forEachRun { (position, run) throws(DatasetError) in
      for index in run.indices {
        let element = position + index
        let encoded = Float(scalings[element % width].encode(run[index]))
        guard encoded.isFinite else {
          throw DatasetError(
            .malformed, "\(run[index]) is no finite 32-bit float; correct it",
            row: element / width + 1, column: element % width + 1)
        }
        if let windows = input.windows,
          !(0..<Double(windows.vocabulary)).contains(run[index])
            || run[index].rounded() != run[index]
        {
          throw DatasetError(
            .malformed,
            "\(run[index]) is no token, a whole number from 0 to \(windows.vocabulary - 1)",
            row: element / width + 1, column: element % width + 1)
        }
        elements[element] = encoded
      }
    }
    return Tensor(elements, shape: input.shape.prepending(count))
  }
}

extension DatasetDescription {
  /// Rows of numbers, one for each feature column, as a model sees them.
  private func encode(
    _ array: UploadedArray, rows: Int, with encoder: TableEncoder
  ) throws(DatasetError) -> Tensor {
    var elements: [Float] = []
    elements.reserveCapacity(rows * encoder.width)
    var row = [Float](repeating: 0, count: encoder.width)
    try array.forEachRun { (position, run) throws(DatasetError) in
      for (index, number) in run.enumerated() {
        let (place, cell) = (position + index).quotientAndRemainder(
          dividingBy: encoder.columns.count)
        do throws(TableEncoder.Refusal) {
          if number.isNaN {
            try encoder.encodeMissing(cell: cell, into: &row)
          } else {
            try encoder.encode(number: number, cell: cell, into: &row)
          }
        } catch {
          let column = encoder.columns[cell]
          throw DatasetError(
            .malformed,
            error == .missing
              ? "is missing, and the dataset says nothing of what stands for it"
              : "\(number) is no finite 32-bit float; correct it",
            row: place + 1, column: column.position, columnName: column.name)
        }
        guard cell == encoder.columns.count - 1 else { continue }
        elements += row
        for place in row.indices { row[place] = 0 }
      }
    }
    return Tensor(elements, shape: input.shape.prepending(rows / (input.series?.length ?? 1)))
  }
}

extension Column {
  fileprivate var isNumber: Bool {
    if case .number = content { true } else { false }
  }
}

/// Bytes that are all in memory.
final class BytesSource: ByteSource {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    position += count
    return count
  }
}
