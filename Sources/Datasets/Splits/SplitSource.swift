import CTables
import Foundation
import JSON

/// A dataset that is to be split, and the upload that it was made of.
public struct SplitSource: Sendable {
  public let dataset: Dataset
  /// The only file of the upload; `nil` where it had parts.
  let upload: URL?
  let limits: ImportLimits

  public init(_ dataset: Dataset, upload: URL?, limits: ImportLimits = ImportLimits()) {
    (self.dataset, self.upload, self.limits) = (dataset, upload, limits)
  }

  var examples: Int { dataset.examples }

  /// Calls `body` with the field that a column has in each row.
  ///
  /// - Throws: `DatasetError` where the upload is no table, or has no such column; what `body` throws is told where it was.
  func forEachField(
    of column: String,
    _ body: (UnsafeBufferPointer<UInt8>) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    let description = dataset.description
    guard let upload, description.format.isTable else {
      throw DatasetError(
        .unsupported,
        "only a table has columns to split by, and this is \(description.format.rawValue); random, stratified, order and given "
          + "need none")
    }
    let names = description.columns.map(\.name)
    guard let known = description.columns.first(where: { $0.name == column }) else {
      throw DatasetError(
        .option,
        "there is no column \"\(column.prefix(80))\"\(nearest(column, among: names)); the dataset has \(names.prefix(20).joined(separator: ", "))"
          + (names.count > 20 ? ", …" : ""))
    }
    let options = try options
    let source = try TableSource(
      upload, format: description.format, options: options, limits: limits)
    let first = try source.reader()
    guard try first.next() else {
      throw DatasetError(.storage, "the upload contradicts the dataset; import it again")
    }
    let layout = try TableLayout(
      first: (0..<first.count).map(first.text), hasHeader: source.hasHeader, options: options)
    let reader = try source.rows(layout)
    let field = known.position - 1
    var example = 0
    while try reader.next() {
      guard field < reader.count, example < examples else {
        throw DatasetError(.storage, "the upload contradicts the dataset; import it again")
      }
      do throws(DatasetError) {
        try body(reader[field])
      } catch {
        var located = error
        (located.row, located.column, located.columnName) = (reader.row, known.position, column)
        throw located
      }
      example += 1
    }
    guard example == examples else {
      throw DatasetError(.storage, "the upload contradicts the dataset; import it again")
    }
  }

  /// How the upload was imported.
  var options: ImportOptions {
    get throws(DatasetError) {
      do throws(Faults) {
        return try ImportOptions(canonical: dataset.description.options)
      } catch {
        throw DatasetError(.storage, "the options of the import can't be read: \(error)")
      }
    }
  }

  /// A number for each value of a column, in the order in which they come first; rows without one share a number of their own. The
  /// windows of a series have its number.
  ///
  /// - Throws: `DatasetError` also for more than `most` values.
  func codes(of column: String, most: Int) throws(DatasetError) -> (codes: [Int32], values: Int) {
    if let series = dataset.series, series.windows.entities?.column == column {
      return ((0..<examples).map { Int32(series.series(of: $0)) }, series.seriesCount)
    }
    var known: [[UInt8]: Int32] = [:]
    var codes: [Int32] = []
    codes.reserveCapacity(examples)
    try forEachField(of: column) { (field) throws(DatasetError) in
      let value = Array(field)
      if let code = known[value] {
        codes.append(code)
        return
      }
      guard known.count < most else {
        throw DatasetError(
          .limitExceeded, "the column has more than \(most) values; split by another")
      }
      let code = Int32(known.count)
      known[value] = code
      codes.append(code)
    }
    return (codes, known.count)
  }
}
