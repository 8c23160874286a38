import Foundation
import JSON

/// What a range test has measured, and which learning rates it suggests.
public struct LearningRateCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    public let step: Int
    public let rate: Double
    /// Of the step's batch; may be not finite.
    public let loss: Double
    public let smoothed: Double
  }

  /// A rate by one of the rules.
  public struct Suggestion: Hashable, Sendable {
    public let rule: Rule
    public let rate: Double
    /// Whose rate it is, or comes from.
    public let step: Int
    public let reason: String
  }

  public enum Rule: String, Hashable, Sendable, CaseIterable {
    /// Within the longest stretch in which the loss falls.
    case valley
    /// Where the loss falls fastest.
    case steep
    /// A tenth of where it is smallest.
    case minimum
  }

  public let points: [Point]
  /// The points that suggestions look at: without the first tenth of the test's steps and the last five.
  private let looked: ArraySlice<Point>
  /// The fewest that say anything.
  private static let fewest = 10

  /// - Parameter losses: of the steps from 1 on; after one that isn't finite there are no more points.
  public init(_ range: LearningRateRange, losses: [Double]) {
    var smoothing = LossSmoothing()
    var points: [Point] = []
    for (index, loss) in losses.enumerated() {
      let smoothed = loss.isFinite ? smoothing.add(loss, smoothing: range.smoothing) : loss
      points.append(
        Point(
          step: index + 1, rate: range.rate(step: index + 1), loss: loss, smoothed: smoothed))
    }
    self.points = points
    let finite = points.prefix { $0.smoothed.isFinite }
    looked = finite.dropFirst(range.steps / 10).dropLast(5)
  }

  /// Why nothing is suggested; `nil` when something is.
  public var objection: String? {
    guard looked.count >= Self.fewest, let first = looked.first else {
      return
        "only \(points.count) steps were taken, of which the first tenth and the last five say nothing; "
        + "begin with a lower min, or take more steps"
    }
    let fall = first.smoothed - (looked.map(\.smoothed).min() ?? first.smoothed)
    guard fall > scatter else {
      let amount =
        fall > 0
        ? "fell by \(figure(fall)), and single losses scatter by \(figure(scatter)):" : "never fell"
      return
        "the smoothed loss \(amount) from the \(figure(first.smoothed)) it had at the rate "
        + "\(figure(first.rate)); try another range, more steps or larger batches, and look whether the model "
        + "can learn the data at all"
    }
    return nil
  }

  /// The standard deviation of a loss from batch to batch, by the median step from one to the next, which neither a trend
  /// nor a divergence moves much: of normal numbers that step is 0.954 times it.
  private var scatter: Double {
    let losses = looked.map(\.loss)
    let steps = zip(losses, losses.dropFirst()).map { abs($1 - $0) }.sorted()
    return steps.isEmpty ? 0 : steps[steps.count / 2] / 0.954
  }

  /// By each rule; none when there is an objection.
  public var suggestions: [Suggestion] {
    guard objection == nil else { return [] }
    let looked = Array(looked)
    return [valley(looked), steep(looked), minimum(looked)]
  }

  private func minimum(_ points: [Point]) -> Suggestion {
    var best = points[0]
    for point in points where point.smoothed < best.smoothed { best = point }
    return Suggestion(
      rule: .minimum, rate: best.rate / 10, step: best.step,
      reason: "a tenth of \(figure(best.rate)), at which the smoothed loss is smallest, "
        + figure(best.smoothed))
  }

  private func steep(_ points: [Point]) -> Suggestion {
    var best = (index: 0, slope: Double.infinity)
    for index in 0..<points.count - 1 {
      let (here, next) = (points[index], points[index + 1])
      let slope = (next.smoothed - here.smoothed) / (log10(next.rate) - log10(here.rate))
      if slope < best.slope { best = (index, slope) }
    }
    let point = points[best.index]
    return Suggestion(
      rule: .steep, rate: point.rate, step: point.step,
      reason:
        "where the smoothed loss falls fastest, by \(figure(-best.slope)) for ten times the rate")
  }

  /// Half way into the middle third of the longest fall, as points that may be apart: the rule that fastai calls valley.
  private func valley(_ points: [Point]) -> Suggestion {
    let lengths = Self.longestFalls(points.map(\.smoothed))
    var end = 0
    for index in lengths.indices where lengths[index] > lengths[end] { end = index }
    let start = end - lengths[end]
    let third = Double(end - start) / 3
    let index = max(0, start + Int(third) + Int(third / 2))
    return Suggestion(
      rule: .valley, rate: points[index].rate, step: points[index].step,
      reason:
        "in the middle third of the longest fall of the smoothed loss, which ends at the rate "
        + figure(points[end].rate))
  }

  /// For each value how many, itself among them, the longest falling choice of values that ends with it has.
  static func longestFalls(_ values: [Double]) -> [Int] {
    // The largest last value of a fall of each length, itself falling with the length.
    var ends: [Double] = []
    return values.map { value in
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if ends[middle] > value { low = middle + 1 } else { high = middle }
      }
      if low == ends.count { ends.append(value) } else { ends[low] = value }
      return low + 1
    }
  }

  private func figure(_ value: Double) -> String { "\(Float(value))" }
}
