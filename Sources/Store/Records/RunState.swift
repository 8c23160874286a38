/// Where a run stands.
public enum RunState: String, Hashable, Sendable, CaseIterable {
  case queued, running, paused, succeeded, failed, cancelled

  /// Whether nothing more will happen.
  public var isOver: Bool {
    switch self {
    case .queued, .running, .paused: false
    case .succeeded, .failed, .cancelled: true
    }
  }
}

/// What a client asked of a running run; a stronger wish replaces a weaker one.
public enum RunWish: String, Hashable, Sendable, CaseIterable, Comparable {
  case pause, stop, cancel

  public static func < (one: RunWish, other: RunWish) -> Bool { one.strength < other.strength }

  private var strength: Int {
    switch self {
    case .pause: 0
    case .stop: 1
    case .cancel: 2
    }
  }
}

/// Why a run stands there.
public enum StateReason: String, Hashable, Sendable, CaseIterable, Codable {
  case completed
  case earlyStopped = "early_stopped"
  case stopped
  case cancelled
  case timeLimit = "time_limit"
  case diverged
  case nonFinite = "non_finite"
  case outOfMemory = "out_of_memory"
  case diskFull = "disk_full"
  case workerLost = "worker_lost"
  case serverRestart = "server_restart"
  case quarantined
  case invalidData = "invalid_data"
}
