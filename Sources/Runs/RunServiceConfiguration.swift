import Foundation

/// How runs are carried out.
public struct RunServiceConfiguration: Sendable {
  /// How many runs train at once.
  public var workers: Int
  /// What documents of clients may ask for.
  public var limits = DocumentLimits()
  /// Runs that may wait in the queue.
  public var longestQueue: Int
  /// What all runs may hold together, in bytes.
  public var memoryBytes: Int
  /// Threads of all runs together.
  public var threads: Int
  /// Seconds after which a run gives its lane to one that waits; `nil` for never.
  public var sliceSeconds: Double?
  /// Whether each run trains in a process of its own.
  public var isolatesProcesses: Bool
  /// Where a process that dies of a fault leaves a note for the next; `nil` for nowhere.
  public var crashNote: URL?
  /// Seconds after which a run that doesn't move has stalled.
  public var stallSeconds: Double
  /// What is kept for how long.
  public var retention: RetentionRules
  /// What runs note of where they train.
  public var environment: RunEnvironment

  public init(
    workers: Int = 1, longestQueue: Int = 100_000, memoryBytes: Int = 8 << 30,
    threads: Int = 64, sliceSeconds: Double? = nil, stallSeconds: Double = 60,
    isolatesProcesses: Bool = false, crashNote: URL? = nil,
    retention: RetentionRules = RetentionRules(), environment: RunEnvironment = .current
  ) {
    self.environment = environment
    self.retention = retention
    self.isolatesProcesses = isolatesProcesses
    self.crashNote = crashNote
    self.threads = threads
    self.sliceSeconds = sliceSeconds
    self.stallSeconds = stallSeconds
    self.workers = workers
    self.longestQueue = longestQueue
    self.memoryBytes = memoryBytes
  }
}
