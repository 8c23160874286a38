/// A line for whoever reads a run's log.
public struct LogRecord: Hashable, Sendable, Codable {
  public enum Level: String, Hashable, Sendable, Codable {
    case info
    case warning
    case error
  }

  public let level: Level
  public let message: String
  /// The step after which it was written; 0 before the first.
  public let step: Int

  public init(level: Level, message: String, step: Int) {
    self.level = level
    self.message = message
    self.step = step
  }
}
