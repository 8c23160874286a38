import Tensors

/// An epoch in which the examples of a step are of similar length, each of them once.
///
/// A function of seed and epoch. A step that is short is the epoch's last, and of any length.
struct LengthOrder: Sampler {
  /// Of the positions that take part.
  let lengths: [Int32]
  let batchSize: Int
  /// Steps whose examples are sorted together.
  let pool: Int
  private let philox: Philox

  init(lengths: [Int32], batchSize: Int, pool: Int, seed: UInt64) {
    self.lengths = lengths
    self.batchSize = batchSize
    self.pool = pool
    philox = Philox(seed: seed, purpose: "length buckets")
  }

  func write(epoch: Int, to order: inout [Int]) {
    let count = lengths.count
    var generator = philox.generator(stream: UInt64(truncatingIfNeeded: epoch))
    var all = Array(lengths.indices)
    Self.shuffle(&all, with: &generator)
    let size = batchSize * pool
    var sorted: [Int] = []
    sorted.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: size) {
      let end = min(count, start + size)
      // Equals stay in the order that they were shuffled to.
      sorted += all[start..<end].enumerated().sorted {
        let (a, b) = (lengths[$0.element], lengths[$1.element])
        return a == b ? $0.offset < $1.offset : a < b
      }.map(\.element)
    }
    let full = count / batchSize
    let short = count % batchSize
    // The step that is short may lie anywhere among the sorted, so that no length is always in it.
    let gap = short == 0 ? full : Int.random(in: 0...full, using: &generator)
    var starts = (0..<full).map { $0 * batchSize + ($0 < gap ? 0 : short) }
    Self.shuffle(&starts, with: &generator)
    order.removeAll(keepingCapacity: true)
    for start in starts { order += sorted[start..<start + batchSize] }
    order += sorted[gap * batchSize..<gap * batchSize + short]
  }

  /// Fisher and Yates.
  private static func shuffle(
    _ values: inout [Int], with generator: inout some RandomNumberGenerator
  ) {
    for place in values.indices.dropFirst().reversed() {
      values.swapAt(place, Int.random(in: 0...place, using: &generator))
    }
  }
}
