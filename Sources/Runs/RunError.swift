/// Why something couldn't be done with a run.
public struct RunError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    case notFound
    /// The run's state doesn't allow it.
    case illegalTransition
    /// There are no weights or checkpoint of the kind asked for.
    case noCheckpoint
    /// The server is going down and takes no more.
    case draining
    /// As many runs are queued as may be.
    case queueFull
    /// A file format or checkpoint name that isn't one.
    case invalidRequest
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
