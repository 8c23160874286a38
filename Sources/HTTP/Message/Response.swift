import Foundation

/// An answer.
public struct Response: Sendable {
  public enum Body: Sendable {
    case empty
    case bytes([UInt8])
    /// A stretch of a file, which is opened when the answer is sent.
    case file(URL, Range<Int>)
    /// Bytes as they come; `length` when it's known. The writer runs until it returns or throws.
    case stream(StreamBody)
  }

  public var status: Int
  public var headers: [(String, String)]
  public var body: Body

  public init(status: Int, headers: [(String, String)] = [], body: Body = .empty) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// A body that is written while it is sent.
public struct StreamBody: Sendable {
  /// How many bytes there will be, when that is known; else the body is sent in chunks.
  public let length: Int?
  /// Sent when nothing else was for a while, so that a reader that went away is noticed.
  public let heartbeat: [UInt8]?
  /// Whether it goes on until something ends it, rather than until all is said: there may be so many of these, and one that
  /// is cut off ends well, as its reader comes back.
  public let isOpenEnded: Bool
  let write: @Sendable (ResponseWriter) async throws -> Void

  public init(
    length: Int? = nil, isOpenEnded: Bool = false, heartbeat: [UInt8]? = nil,
    write: @escaping @Sendable (ResponseWriter) async throws -> Void
  ) {
    self.length = length
    self.isOpenEnded = isOpenEnded
    self.heartbeat = heartbeat
    self.write = write
  }

  /// The same body, written by a function that is given what writes it.
  public func writing(
    _ body:
      @escaping @Sendable (ResponseWriter, (ResponseWriter) async throws -> Void) async throws
      -> Void
  ) -> StreamBody {
    let write = write
    return StreamBody(length: length, isOpenEnded: isOpenEnded, heartbeat: heartbeat) {
      try await body($0, write)
    }
  }
}

/// Where a stream's bytes go.
public struct ResponseWriter: Sendable {
  private let send: @Sendable ([UInt8]) async throws -> Void

  init(stream: OutgoingStream) { send = { try await stream.write($0) } }

  private init(send: @escaping @Sendable ([UInt8]) async throws -> Void) { self.send = send }

  /// Sends bytes; waits while the reader is behind.
  ///
  /// - Throws: `HTTPError.disconnected` when the reader is gone, or the server goes down.
  public func write(_ bytes: [UInt8]) async throws { try await send(bytes) }

  /// A writer that sends what is made of its bytes.
  public func mapping(_ body: @escaping @Sendable ([UInt8]) -> [UInt8]) -> ResponseWriter {
    let send = send
    return ResponseWriter { try await send(body($0)) }
  }
}
