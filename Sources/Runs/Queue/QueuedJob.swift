import Store

/// A run that waits, as the scheduler sees it. Times are in seconds of the queue.
struct QueuedJob: Hashable, Sendable {
  let id: RunID
  /// The order of submission.
  let number: Int
  /// Runs of one share take turns with those of others.
  var share = ""
  /// The key that queued it, whose runs have limits together.
  var key: KeyID?
  var priority = 0
  var queuedAt: Double
  /// The most it will hold.
  var memoryBytes = 0
  var threads = 1
  /// Before which it doesn't begin.
  var notBefore = 0.0
  /// After which it doesn't begin any more, by the machine's clock: in seconds since 1970.
  var deadline: Double?
  /// Runs that must have succeeded before it begins.
  var after: Set<RunID> = []
  /// How long it is thought to train; `nil` when nothing is known.
  var seconds: Double?

  /// The smaller, the sooner it's its turn within its share: a point of priority is worth ten minutes of waiting.
  var rank: Double { queuedAt - Double(priority) * Self.secondsPerPoint }

  /// - Parameter today: what the machine's clock says.
  func isExpired(at today: Double) -> Bool { deadline.map { $0 < today } ?? false }

  static let secondsPerPoint = 600.0
}

/// What the runs of one key may have at once; `nil` for as much as there is.
struct KeyLimits: Hashable, Sendable {
  var lanes: Int?
  var threads: Int?
}

/// What the runs of a server share.
struct Capacity: Hashable, Sendable {
  var lanes: Int
  var threads: Int
  var memoryBytes: Int
}
