/// What training over one epoch came to.
public struct EpochRecord: Hashable, Sendable, Codable {
  /// Counted from 1.
  public let epoch: Int
  /// The epoch's last step.
  public let step: Int
  public let seconds: Double
  /// The mean loss over the epoch's examples, each taken before the update of its batch.
  public let loss: Double
  /// The share of right answers, likewise; only when asked for.
  public let accuracy: Double?
  /// One a term, when the loss is a list of them.
  public let terms: [TermResult]
  /// The other metrics, when there is one loss alone.
  public let metrics: [MetricValue]
  public let examplesPerSecond: Double

  public init(
    epoch: Int, step: Int, seconds: Double, loss: Double, accuracy: Double?,
    terms: [TermResult] = [], metrics: [MetricValue] = [], examplesPerSecond: Double
  ) {
    self.epoch = epoch
    self.step = step
    self.seconds = seconds
    self.loss = loss
    self.accuracy = accuracy
    self.terms = terms
    self.metrics = metrics
    self.examplesPerSecond = examplesPerSecond
  }

  /// Everything measured but the loss.
  public var figures: [MetricValue] { .all(accuracy, metrics) }
}
