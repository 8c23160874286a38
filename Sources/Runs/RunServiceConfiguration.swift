/// How runs are carried out.
public struct RunServiceConfiguration: Sendable {
  /// How many runs train at once.
  public var workers: Int
  /// Runs that may wait in the queue.
  public var longestQueue: Int
  /// What a run's plans, parameters and optimizer may take, in bytes.
  public var memoryBytes: Int
  /// Seconds after which a run that doesn't move has stalled.
  public var stallSeconds: Double

  public init(
    workers: Int = 1, longestQueue: Int = 100_000, memoryBytes: Int = 8 << 30,
    stallSeconds: Double = 60
  ) {
    self.stallSeconds = stallSeconds
    self.workers = workers
    self.longestQueue = longestQueue
    self.memoryBytes = memoryBytes
  }
}
