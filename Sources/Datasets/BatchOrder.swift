import Tensors

/// Which examples make which batch of which epoch, without any history.
///
/// The order of an epoch is a function of seed and epoch, so that a run that was interrupted goes on
/// as if it hadn't been.
public struct BatchOrder: Hashable, Sendable {
  /// How many examples an epoch goes through.
  public let count: Int
  public let batchSize: Int
  public let seed: UInt64
  /// Whether epochs are in random order; else each is in the given order.
  public let shuffle: Bool
  /// Whether a last batch that isn't full is left out.
  public let dropLast: Bool

  /// - Precondition: `count` isn't negative and `batchSize` is positive.
  public init(count: Int, batchSize: Int, seed: UInt64, shuffle: Bool, dropLast: Bool) {
    precondition(count >= 0 && batchSize > 0, "\(count) examples in batches of \(batchSize)")
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.shuffle = shuffle
    self.dropLast = dropLast
  }

  /// Batches of one epoch.
  public var batches: Int {
    dropLast ? count / batchSize : count / batchSize + (count % batchSize == 0 ? 0 : 1)
  }

  /// Which positions of an epoch's order make a batch.
  ///
  /// - Precondition: `index` is less than `batches`.
  public func range(ofBatch index: Int) -> Range<Int> {
    precondition(index >= 0 && index < batches, "batch \(index) of \(batches)")
    return index * batchSize..<min(count, (index + 1) * batchSize)
  }

  /// Beyond so many examples an epoch's order is computed place by place, and never a list.
  public static let mostListed = 1 << 22

  /// Whether an epoch's order is a list in memory.
  public var isListed: Bool { count <= BatchOrder.mostListed }

  /// Writes an epoch's order: a permutation of `0..<count`. Allocates only when `order` is too small.
  ///
  /// - Complexity: O(count) in time and memory; take it once an epoch and cut it by `range(ofBatch:)`, where it's listed at all.
  public func write(epoch: Int, to order: inout [Int]) {
    order.removeAll(keepingCapacity: true)
    order.reserveCapacity(count)
    if shuffle, !isListed {
      let permutation = permutation(epoch: epoch)
      for position in 0..<count { order.append(permutation[position]) }
      return
    }
    for position in 0..<count { order.append(position) }
    guard shuffle else { return }
    var generator = Philox(seed: seed, purpose: "batch order")
      .generator(stream: UInt64(truncatingIfNeeded: epoch))
    Datasets.shuffle(&order, first: count, with: &generator)
  }

  /// The examples of one batch.
  ///
  /// - Complexity: that of the batch, where an epoch's order isn't listed; else O(count), and `write(epoch:to:)` and
  ///   `range(ofBatch:)` serve a whole epoch.
  public func batch(epoch: Int, index: Int) -> [Int] {
    let range = range(ofBatch: index)
    if !isListed {
      guard shuffle else { return Array(range) }
      let permutation = permutation(epoch: epoch)
      return range.map { permutation[$0] }
    }
    var order: [Int] = []
    write(epoch: epoch, to: &order)
    return Array(order[range])
  }

  private func permutation(epoch: Int) -> IndexPermutation {
    IndexPermutation(
      count: count, philox: Philox(seed: seed, purpose: "batch order"),
      stream: UInt64(truncatingIfNeeded: epoch))
  }
}
