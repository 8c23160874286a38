/// How often the class is among the so many largest outputs; of equals the last ones come first, as in scikit-learn.
final class TopTally: MetricTally {
  let largest: Int

  init(_ largest: Int) {
    self.largest = largest
    super.init(count: 2)
  }

  override func add(_ row: MetricRow) {
    storage[1] += 1
    guard row.answer >= 0 else { return }
    if row.width == 1 {
      if row.answer == row.target { storage[0] += 1 }
      return
    }
    guard row.target >= 0, row.target < row.width else { return }
    let score = row.outputs[row.target]
    var before = 0
    for index in 0..<row.width {
      let other = row.outputs[index]
      if other > score || (other == score && index > row.target) { before += 1 }
    }
    if before < largest { storage[0] += 1 }
  }

  var share: Double? { storage[1] == 0 ? nil : storage[0] / storage[1] }
}
