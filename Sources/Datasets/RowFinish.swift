/// What is done to a table's row once its numbers are gathered: what is missing is filled in, what is far off is clipped, and the numbers of categories'
/// values give way to what stands for them.
struct RowFinish: Sendable {
  /// What stands in place of NaN, by the position in a row.
  private let fills: [(position: Int, value: Float)]
  private let clips: [(position: Int, range: ClosedRange<Float>)]
  var lookups: [ValueLookup]

  /// - Parameters:
  ///   - columns: of the table that the rows are to be like; none where it is no table.
  ///   - isAdapted: whether the rows are another table's: numbers may be missing or far off where the columns have none such.
  init(_ columns: [Column], lookups: [ValueLookup], isAdapted: Bool) {
    var fills: [(position: Int, value: Float)] = []
    var clips: [(position: Int, range: ClosedRange<Float>)] = []
    let features = columns.filter { $0.role == .feature }
    for (column, position) in zip(features, Column.places(of: features).offsets) {
      guard case .number(let statistics, let scaling, let fill) = column.content else { continue }
      func encoded(_ number: Double) -> Float {
        Float(scaling.encode(column.treatment.value(number)))
      }
      if fill != nil || isAdapted { fills.append((position, encoded(fill ?? statistics.mean))) }
      guard isAdapted || column.treatment.findsClip, let clip = column.treatment.clip else {
        continue
      }
      let (low, high) = (encoded(clip.lowerBound), encoded(clip.upperBound))
      if low <= high { clips.append((position, low...high)) }
    }
    (self.fills, self.clips, self.lookups) = (fills, clips, lookups)
  }

  var isNothing: Bool { fills.isEmpty && clips.isEmpty && lookups.isEmpty }

  func apply(to row: UnsafeMutablePointer<Float>) {
    for (position, value) in fills where row[position].isNaN { row[position] = value }
    for (position, range) in clips {
      row[position] = min(max(row[position], range.lowerBound), range.upperBound)
    }
    for lookup in lookups { lookup.apply(to: row) }
  }
}
