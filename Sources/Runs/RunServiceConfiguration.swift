/// How runs are carried out.
public struct RunServiceConfiguration: Sendable {
  /// How many runs train at once.
  public var workers: Int
  /// Runs that may wait in the queue.
  public var longestQueue: Int
  /// What a run's plans, parameters and optimizer may take, in bytes.
  public var memoryBytes: Int

  public init(workers: Int = 1, longestQueue: Int = 100_000, memoryBytes: Int = 8 << 30) {
    self.workers = workers
    self.longestQueue = longestQueue
    self.memoryBytes = memoryBytes
  }
}
