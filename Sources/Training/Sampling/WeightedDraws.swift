import Tensors

/// Draws with replacement, each example as often as it weighs.
struct WeightedDraws: Sampler {
  /// Of the weights up to and with each.
  private let sums: [Double]
  private let philox: Philox

  /// - Precondition: no weight is negative, and one isn't 0.
  init(_ weights: [Double], seed: UInt64) {
    var sum = 0.0
    sums = weights.map { weight in
      sum += weight
      return sum
    }
    precondition(sum > 0 && sum.isFinite, "weights have a sum")
    philox = Philox(seed: seed, purpose: "weighted sampling")
  }

  func write(epoch: Int, to order: inout [Int]) {
    order.removeAll(keepingCapacity: true)
    var generator = philox.generator(stream: UInt64(truncatingIfNeeded: epoch))
    let total = sums[sums.count - 1]
    for _ in sums.indices { order.append(first(above: generator.uniform() * total)) }
  }

  /// The first position whose sum is above a number: one that weighs nothing is none.
  private func first(above number: Double) -> Int {
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > number { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
