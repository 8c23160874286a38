/// Examples in order, dealt to the rows of batches so that each row of a batch goes on where that of the batch
/// before ended: as many contiguous lanes as a batch has rows.
struct Lanes {
  /// Batches, which is the length of each lane.
  let batches: Int
  /// Rows of a batch.
  let rows: Int

  init(examples: Int, rows: Int) {
    batches = examples / max(rows, 1)
    self.rows = rows
  }

  /// Which example a place of the batches, one after the other, has.
  @inline(__always)
  func example(_ place: Int) -> Int { place % rows * batches + place / rows }

  /// Writes the examples of all batches to the front; what fills none stays behind.
  func arrange(_ order: inout [Int]) {
    for place in 0..<min(batches * rows, order.count) { order[place] = example(place) }
  }
}
