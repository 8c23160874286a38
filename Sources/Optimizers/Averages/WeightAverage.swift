import Foundation
import JSON

/// Averages of the weights over steps, which stand in for them when a run is evaluated and when it ends.
public struct WeightAverage: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// `a += (1 - d) (w - a)`; with a warm-up `d = min(decay, (1 + n) / (10 + n))` at the n-th.
    case exponential(decay: Double, warmsUp: Bool)
    /// `a += (w - a) / n`. Izmailov et al. 2018, arXiv:1803.05407.
    case equal
  }

  public let kind: Kind
  /// The share of the run after which it begins.
  public let start: Double
  /// Steps from one average to the next; `nil` for an epoch.
  public let everySteps: Int?
  /// Batches that move running statistics, such as batch normalisation's, at the averaged weights.
  public let statisticsBatches: Int

  private static let decayField = Field(
    "decay", .number(0...0.999_999_999), default: 0.999, "d, what is kept of the average.")
  private static let warmUpField = Field(
    "warmup", .boolean, default: false,
    "Whether the decay rises from 0.1 with the averages taken, as (1 + n) / (10 + n).")
  private static func startField(_ value: Double) -> Field {
    Field(
      "start", .number(0...0.999_999), default: .number(value),
      "The share of the run's steps after which averaging begins.")
  }
  private static let everyField = Field(
    "every_steps", .integer(1...1_000_000_000), default: 1, "Steps from one average to the next.")
  private static let everyEpochField = Field(
    "every_steps", .integer(1...1_000_000_000),
    "Steps from one average to the next; left out, an epoch's.")
  private static let statisticsField = Field(
    "statistics_batches", .integer(1...100_000), default: 100,
    "Batches that move the running statistics of batch normalisation at the averaged weights, before these are used."
  )

  /// Exponential moving average.
  static let exponentialEntry = CatalogEntry(
    type: "ema", summary: "A moving average of the weights in which old ones fade.",
    formula: "a += (1 - d) (w - a), from a = w on",
    fields: [decayField, warmUpField, startField(0), everyField, statisticsField],
    source:
      "Polyak and Juditsky 1992, doi:10.1137/0330046. As torch.optim.swa_utils.get_ema_avg_fn.")

  /// Stochastic weight averaging.
  static let equalEntry = CatalogEntry(
    type: "swa", summary: "The mean of the weights at the ends of a run's last epochs.",
    formula: "a += (w - a) / n at the n-th",
    fields: [startField(0.75), everyEpochField, statisticsField],
    source: "Izmailov et al. 2018, arXiv:1803.05407. As torch.optim.swa_utils.AveragedModel.")

  public static let entries = [exponentialEntry, equalEntry]

  public init(_ json: JSON, pointer: String) throws(Faults) {
    var choice = try CatalogChoice(
      json, among: WeightAverage.entries, kind: "an average of weights", pointer: pointer)
    let isExponential = choice.index == 0
    if isExponential {
      kind = .exponential(
        decay: choice.reader.double(WeightAverage.decayField),
        warmsUp: choice.reader.bool(WeightAverage.warmUpField))
      everySteps = choice.reader.integer(WeightAverage.everyField)
    } else {
      kind = .equal
      everySteps = choice.reader.integer("every_steps", in: 1...1_000_000_000)
    }
    start = choice.reader.double(WeightAverage.startField(isExponential ? 0 : 0.75))
    statisticsBatches = choice.reader.integer(WeightAverage.statisticsField)
    try choice.reader.finish().check()
  }

  /// The first step, counted from 1, whose weights are averaged; 0 stands for no steps before it.
  public func first(of total: Int) -> Int { Int(start * Double(total)) + 1 }

  /// How many averages have been taken by the end of a step; the step takes one when that is more than before it.
  public func count(step: Int, of total: Int, stepsPerEpoch: Int) -> Int {
    let every = everySteps ?? stepsPerEpoch
    let first = first(of: total)
    // Averages of whole epochs are taken at their ends.
    let begin = everySteps == nil ? (first + every - 1) / every * every : first
    return step < begin ? 0 : (step - begin) / max(every, 1) + 1
  }

  /// How far the average goes to the weights, when it's the `count`-th.
  public func share(count: Int) -> Double {
    guard count > 1 else { return 1 }
    switch kind {
    case .equal: return 1 / Double(count)
    case .exponential(let decay, let warmsUp):
      let taken = Double(count - 1)
      return 1 - (warmsUp ? min(decay, (1 + taken) / (10 + taken)) : decay)
    }
  }
}
