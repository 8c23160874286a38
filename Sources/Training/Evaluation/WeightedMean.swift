/// A mean over batches, each of which weighs what its own mean was divided by.
struct WeightedMean {
  private var sum = 0.0
  private var weight = 0.0

  mutating func add(_ mean: Double, weight: Double) {
    // What weighs nothing has a mean of nothing.
    if weight == 0 { return }
    sum += mean * weight
    self.weight += weight
  }

  /// 0 where nothing weighed anything.
  var mean: Double { weight == 0 ? 0 : sum / weight }
}
