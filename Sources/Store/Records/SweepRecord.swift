/// Runs that differ in some places of one request, as they are stored.
public struct SweepRecord: Hashable, Sendable {
  public enum Direction: String, Hashable, Sendable, CaseIterable {
    case minimize, maximize
  }

  public let id: SweepID
  public let name: String?
  /// What the client asked for, as JSON.
  public let request: String
  /// The series by which the runs are compared.
  public let goal: String
  public let direction: Direction
  public let createdAt: Int

  public init(
    id: SweepID = .make(), name: String?, request: String, goal: String, direction: Direction,
    createdAt: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.request = request
    self.goal = goal
    self.direction = direction
    self.createdAt = createdAt ?? Store.now()
  }
}

/// A run of a sweep.
public struct SweepRun: Hashable, Sendable {
  /// From 0, in the order in which they were queued.
  public let position: Int
  public let run: RunID
  public let state: RunState
  /// What is different in it: JSON pointers and values, as JSON.
  public let parameters: String
  /// The newest of the goal's series; `nil` before there is any, and when it isn't finite.
  public let value: Double?
}

/// How far a sweep is.
public struct SweepProgress: Hashable, Sendable {
  /// Runs that are there, by state.
  public let counts: [RunState: Int]
  /// When the last of them ended; `nil` while one isn't over.
  public let finishedAt: Int?
  /// Of the runs that succeeded, the one with the best value.
  public let best: SweepRun?
  /// Of the values of those that succeeded.
  public let spread: Spread

  public struct Spread: Hashable, Sendable {
    public let count: Int
    public let mean: Double?
    let variance: Double?

    /// With one degree of freedom less than there are values, as folds are compared; `nil` for fewer than two.
    public var standardDeviation: Double? {
      guard count > 1, let variance else { return nil }
      return (max(0, variance) * Double(count) / Double(count - 1)).squareRoot()
    }
  }

  /// Whether all its runs are over.
  public var isOver: Bool { counts.keys.allSatisfy(\.isOver) }
}
