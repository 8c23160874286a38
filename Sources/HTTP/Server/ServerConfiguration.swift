import Foundation

/// Where a server listens, whom it trusts, and what it takes at most.
public struct ServerConfiguration: Sendable {
  /// Where connections come from.
  public enum Listener: Hashable, Sendable {
    /// A host's address and a port; 0 for any that is free.
    case address(host: String, port: Int)
    /// A Unix-domain socket, which is made, and removed at the end.
    case socket(path: String)
    /// A socket that listens already, such as one of systemd's.
    case descriptor(Int32)
  }

  public var listener = Listener.address(host: "127.0.0.1", port: 8080)
  /// Files with what TLS needs; plain HTTP without.
  public var tls: TLSFiles?
  /// Names under which requests may come, beside `localhost` and its addresses; `nil` for any.
  ///
  /// A page of another site whose name is made to lead here would else be taken for one of ours (DNS rebinding).
  public var allowedHosts: Set<String>?
  /// Peers whose word on whom they speak for is taken.
  public var trustedProxies = TrustedProxies()

  /// Connections at once.
  public var connections = 4096
  /// Of one client; `nil` for as many as there are. Clients on this machine and trusted proxies have no such limit.
  public var connectionsPerClient: Int? = 256
  /// Event streams at once; below the connections, so that others are still answered.
  public var streams = 2048
  /// Bytes of a request's line and headers.
  public var headerBytes = 16 << 10
  /// Bytes of one connection's headers and buffers. What doesn't fit is refused by the library, in words of its own.
  var connectionMemory: Int { max(32 << 10, 2 * headerBytes) }
  /// Bytes of a request's body.
  public var bodyBytes = 16 << 30
  /// Seconds in which a connection's first request must have arrived up to its body.
  public var headerSeconds = 10.0
  /// Seconds without a byte after which a connection is closed.
  public var idleSeconds = 60
  /// Bytes a second that a body must bring on average, once it has taken `bodyGraceSeconds`.
  public var slowestBody = 1024.0
  public var bodyGraceSeconds = 30.0
  /// Seconds in which a request's body must have arrived, however fast it comes.
  public var bodySeconds = 6.0 * 3600

  public init() {}
}
