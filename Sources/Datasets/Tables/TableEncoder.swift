import CTables
import Tensors

/// Turns the feature columns of one row into the numbers a model sees.
///
/// A number is scaled; a category becomes one 1 among zeros, in the order of the column's values; dates are taken apart.
final class TableEncoder {
  /// The feature columns, in order.
  let columns: [Column]
  /// Where each column's numbers start in a row.
  let offsets: [Int]
  let width: Int
  private let cells: UnsafeMutableBufferPointer<tb_cell>
  private var format: tb_format

  /// - Parameter isStored: whether NaN stands for a missing number, and the number of its value for a category that is looked up, for who reads the row
  ///   to fill in.
  init(
    columns: [Column], format: TableFormat = .plain, isStored: Bool = false
  ) {
    self.columns = columns.filter { $0.role == .feature }
    self.format = format.native
    (offsets, width) = Column.places(of: self.columns)
    cells = .allocate(capacity: self.columns.count)
    for (index, column) in self.columns.enumerated() {
      cells.initializeElement(
        at: index,
        to: TableEncoder.cell(column, offset: offsets[index], isStored: isStored))
    }
  }

  deinit {
    for cell in cells {
      tb_counts_free(cell.values)
      cell.places?.deallocate()
      cell.table?.deallocate()
    }
    cells.deallocate()
  }

  private static func cell(_ column: Column, offset: Int, isStored: Bool) -> tb_cell {
    var cell = tb_cell()
    let treatment = column.treatment
    cell.column = UInt32(column.position - 1)
    cell.offset = UInt32(offset)
    cell.width = UInt32(column.width)
    cell.has_indicator = treatment.hasIndicator
    cell.is_logarithmic = treatment.isLogarithmic
    let clip = isStored && treatment.findsClip ? nil : treatment.clip
    cell.low = clip?.lowerBound ?? -.infinity
    cell.high = clip?.upperBound ?? .infinity
    cell.divide = 1
    cell.fill_place = -1
    switch column.content {
    case .number(_, let scaling, let fill):
      cell.kind = TB_CELL_NUMBER
      (cell.subtract, cell.divide) = (scaling.subtract, scaling.divide)
      cell.has_fill = fill != nil
      cell.fill = isStored ? .nan : fill ?? .nan
    case .date(_, let scaling):
      cell.kind = TB_CELL_DATE
      cell.parts = treatment.parts.rawValue
      (cell.subtract, cell.divide) = (scaling.subtract, scaling.divide)
      cell.has_fill = column.missing > 0
    case .category(let values, _, let fill):
      cell.has_fill = fill != nil
      if case .hash(let buckets) = treatment.encoding {
        cell.kind = TB_CELL_HASH
        cell.buckets = UInt32(buckets)
        break
      }
      cell.values = known(values)
      if let table = table(column, isStored: isStored) {
        cell.kind = TB_CELL_TABLE
        let place = UnsafeMutablePointer<Float>.allocate(capacity: max(1, table.count))
        place.update(from: table, count: table.count)
        cell.table = UnsafePointer(place)
        cell.table_width = UInt32(table.count / max(1, values.count))
        if treatment.encoding == .target {
          // A value that is missing or was never seen says nothing.
          cell.takes_unknown = true
          cell.unknown = isStored ? -1 : 0
          cell.fill = isStored ? -1 : 0
        } else {
          cell.fill = fill.map { Double(table[$0]) } ?? 0
        }
      } else {
        cell.kind = TB_CELL_ONE_HOT
        let places = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, values.count))
        for index in values.indices { places[index] = Int32(index) }
        cell.places = UnsafePointer(places)
        cell.fill_place = fill.map(Int32.init) ?? -1
      }
    case .unused: cell.kind = TB_CELL_NUMBER
    }
    return cell
  }

  /// The numbers that stand for each value; `nil` where a 1 among zeros does.
  private static func table(_ column: Column, isStored: Bool) -> [Float]? {
    let values = column.values.indices
    switch column.treatment.encoding {
    case .oneHot, .hash: return nil
    case .ordinal: return values.map { Column.ordinal($0, of: values.count) }
    case .embed: return values.map(Float.init)
    case .target: return isStored ? values.map(Float.init) : column.codes
    }
  }

  /// The values in an index, each at its own place.
  private static func known(_ values: [String]) -> OpaquePointer? {
    let counts = tb_counts_make(values.count, values.count, nil)
    for value in values {
      var value = value
      value.withUTF8 { tb_counts_add(counts, $0.baseAddress, $0.count, false) }
    }
    return counts
  }

  /// Why one value can't be encoded.
  enum Refusal: Error {
    case missing, notNumber, notFinite, tooLarge, unknown

    fileprivate init?(_ refusal: tb_refusal) {
      switch refusal {
      case TB_TAKEN: return nil
      case TB_REFUSED_MISSING: self = .missing
      case TB_REFUSED_TEXT: self = .notNumber
      case TB_REFUSED_NOT_FINITE: self = .notFinite
      case TB_REFUSED_LARGE: self = .tooLarge
      default: self = .unknown
      }
    }
  }

  /// Writes a whole row; answers the column of `columns` that can't be encoded, and why.
  func encode(
    _ fields: UnsafeBufferPointer<tb_field>, into row: UnsafeMutableBufferPointer<Float>
  ) -> (cell: Int, refusal: Refusal)? {
    var refused = 0
    let refusal = tb_encode(
      cells.baseAddress, cells.count, fields.baseAddress, &format, row.baseAddress, width, &refused)
    return Refusal(refusal).map { (refused, $0) }
  }

  /// Writes the numbers of one field to `row`, which holds zeros.
  func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, cell index: Int, into row: inout [Float]
  ) throws(Refusal) {
    let field = tb_field(bytes: bytes.baseAddress, length: bytes.count)
    if let refusal = Refusal(tb_encode_field(&cells[index], field, &format, &row)) { throw refusal }
  }

  /// Writes one number, scaled.
  func encode(number: Double, cell index: Int, into row: inout [Float]) throws(Refusal) {
    if let refusal = Refusal(tb_encode_number(&cells[index], number, &row)) { throw refusal }
  }

  /// Writes what stands for a missing value.
  func encodeMissing(cell index: Int, into row: inout [Float]) throws(Refusal) {
    if let refusal = Refusal(tb_encode_missing(&cells[index], &row)) { throw refusal }
  }

  /// Whether a column takes numbers as such.
  func isNumber(_ index: Int) -> Bool { cells[index].kind == TB_CELL_NUMBER }
}
