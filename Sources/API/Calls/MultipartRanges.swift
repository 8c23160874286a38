import Digests
import HTTP

/// Several ranges of one content in one body, as `multipart/byteranges` (RFC 9110, section 14.6).
struct MultipartRanges: Sendable {
  let boundary = SecureRandom.bytes(16).hexadecimal
  private let ranges: [Range<Int>]
  private let heads: [[UInt8]]
  private let tail: [UInt8]

  init(_ ranges: [Range<Int>], byteCount: Int, mediaType: String) {
    let boundary = boundary
    self.ranges = ranges
    heads = ranges.map { range in
      Array(
        """
        \r\n--\(boundary)\r\nContent-Type: \(mediaType)\r\n\
        Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(byteCount)\r\n\r\n
        """.utf8)
    }
    tail = Array("\r\n--\(boundary)--\r\n".utf8)
  }

  var mediaType: String { "multipart/byteranges; boundary=\(boundary)" }

  var byteCount: Int {
    zip(ranges, heads).reduce(tail.count) { $0 + $1.0.count + $1.1.count }
  }

  /// - Parameter send: writes the content's bytes within a range.
  func write(
    to writer: ResponseWriter, _ send: (Range<Int>, ResponseWriter) async throws -> Void
  ) async throws {
    for (range, head) in zip(ranges, heads) {
      try await writer.write(head)
      try await send(range, writer)
    }
    try await writer.write(tail)
  }
}
