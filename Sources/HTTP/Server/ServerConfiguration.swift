/// Where a server listens, and what it takes at most.
public struct ServerConfiguration: Sendable {
  public var host = "127.0.0.1"
  /// 0 for any that is free.
  public var port = 8080
  /// Connections at once.
  public var connections = 4096
  /// Event streams at once; below the connections, so that others are still answered.
  public var streams = 2048
  /// Bytes of one connection's headers and buffers.
  public var connectionMemory = 64 << 10
  /// Bytes of a request's body.
  public var bodyBytes = 16 << 30
  /// Seconds in which a connection's first request must have arrived up to its body.
  public var headerSeconds = 10.0
  /// Seconds without a byte after which a connection is closed.
  public var idleSeconds = 60
  /// Bytes a second that a body must bring on average, once it has taken `bodyGraceSeconds`.
  public var slowestBody = 1024.0
  public var bodyGraceSeconds = 30.0

  public init() {}
}
