import Foundation

/// A request to some server.
public struct ClientRequest: Sendable {
  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Sent as it is read, so that a file of any size takes no memory.
    case file(URL)
  }

  public var method: String
  public var url: String
  public var headers: [(String, String)]
  public var body: Body
  /// Seconds for all of it; `nil` for as long as it takes, such as for a stream.
  public var seconds: Double?
  public var connectSeconds = 10.0
  /// A Unix-domain socket on which the server listens.
  public var socket: String?
  /// Certificates to trust in place of the system's, as PEM.
  public var certificates: String?
  /// The address that the URL's host has, whatever is asked of name servers; no proxy comes between then.
  public var pinnedAddress: String?
  /// Bytes of the answer's body; more of them are a fault.
  public var mostBytes = 64 << 20

  public init(
    _ method: String, _ url: String, headers: [(String, String)] = [], body: Body = .none
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What a server answered, without its body.
public struct ClientResponse: Sendable {
  public let status: Int
  public let headers: [(name: String, value: String)]

  /// The first header of this name; names are compared without regard to case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// Why there is no answer, or not all of it.
public struct HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: Hashable, Sendable {
    case badURL
    /// The host has no address.
    case unresolved
    /// Nobody listens there, or the way to it is closed.
    case unreachable
    case timedOut
    /// The certificate isn't trusted, or no version of TLS is common.
    case insecure
    case tooLarge
    case cancelled
    /// The connection ended before the answer did, or the answer isn't HTTP.
    case broken
    /// What is to be sent can't be read.
    case unreadable
  }

  public let code: Code
  public let message: String

  public var description: String { message }
}
