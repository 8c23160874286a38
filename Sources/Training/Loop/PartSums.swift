/// The losses of a step's batch by each objective, from those of its parts.
///
/// In memory of its own, so that a step adds to it without an allocation.
final class PartSums {
  private let sums: UnsafeMutablePointer<(loss: Double, weight: Double)>
  private let count: Int

  init(objectives: Int) {
    count = objectives
    sums = .allocate(capacity: max(count, 1))
    sums.initialize(repeating: (0, 0), count: max(count, 1))
  }

  deinit { sums.deallocate() }

  func clear() { sums.update(repeating: (0, 0), count: count) }

  /// Takes in the mean loss of a part.
  ///
  /// - Parameter weight: what the part weighs in the batch's mean.
  func add(_ loss: Double, weight: Double, to objective: Int) {
    let sum = sums[objective].weight + weight
    guard sum > 0 else { return }
    // A part that is the whole leaves its loss as it is.
    sums[objective].loss += (loss - sums[objective].loss) * (weight / sum)
    sums[objective].weight = sum
  }

  /// The mean loss of the parts so far.
  func loss(_ objective: Int) -> Double { sums[objective].loss }
  /// What they weigh in the mean of an epoch.
  func weight(_ objective: Int) -> Double { sums[objective].weight }
  var weights: [Double] { (0..<count).map(weight) }
}
