/// The bytes of a request's body, as they arrive; read them once.
public struct RequestBody: Sendable, AsyncSequence {
  public typealias Element = [UInt8]

  /// What `Content-Length` says.
  public let announcedLength: Int?
  private let source: IncomingBody?

  init(source: IncomingBody?, announcedLength: Int?) {
    self.source = source
    self.announcedLength = announcedLength
  }

  /// Whether there is none at all.
  public var isEmpty: Bool { source == nil }

  /// The whole body.
  ///
  /// - Throws: `HTTPError.bodyTooLarge` for more than `limit` bytes, before they are read where the
  ///   client says how many there are.
  public func collect(upTo limit: Int) async throws -> [UInt8] {
    try check(announcedLength ?? 0, limit)
    var bytes: [UInt8] = []
    for try await chunk in self {
      try check(bytes.count + chunk.count, limit)
      bytes.append(contentsOf: chunk)
    }
    return bytes
  }

  private func check(_ count: Int, _ limit: Int) throws(HTTPError) {
    guard count <= limit else {
      throw HTTPError(.bodyTooLarge, "the body has more than the \(limit) bytes allowed here")
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

  public struct AsyncIterator: AsyncIteratorProtocol {
    let source: IncomingBody?

    public mutating func next() async throws -> [UInt8]? { try await source?.next() }
  }
}
