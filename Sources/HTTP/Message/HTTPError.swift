/// A request that can't be answered as it asks, as far as HTTP itself knows.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    /// Not HTTP as it should be, or not to be read in one way only.
    case badRequest
    case notFound
    /// With the methods that are allowed.
    case methodNotAllowed([String])
    case bodyTooLarge
    case headersTooLarge
    case expectationFailed
    case notImplemented
    /// The name under which the request came isn't the server's.
    case misdirected
    /// One client has too many connections; after so many seconds it may have fewer.
    case tooManyConnections(retryAfter: Int)
    /// Too many connections or streams; after so many seconds there may be room.
    case overloaded(retryAfter: Int)
    /// The client went away before its request was whole.
    case disconnected
    /// The server failed.
    case internalFault
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
