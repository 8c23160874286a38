import Foundation
import HTTP

/// A stretch of a download: where it begins and how many bytes it has.
typealias ReadBytes = @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]

/// What can be downloaded, and never changes.
struct Download: Sendable {
  let byteCount: Int
  /// A name for these bytes that no others have.
  let tag: String
  let mediaType: String
  let name: String
  /// The SHA-256 of all bytes in Base64, where it is known.
  var digest: String?
  /// Where they are read from as they are sent.
  let source: Source

  enum Source: Sendable {
    case file(URL)
    case read(ReadBytes)
  }

  /// What is sent at once, in bytes.
  private static let stretch = 1 << 20

  /// The body with the bytes of one range.
  fileprivate func body(_ range: Range<Int>) -> Response.Body {
    if case .file(let file) = source { return .file(file, range) }
    return .stream(StreamBody(length: range.count) { try await write(range, to: $0) })
  }

  fileprivate func write(_ range: Range<Int>, to writer: ResponseWriter) async throws {
    let read = try reader()
    var offset = range.lowerBound
    while offset < range.upperBound {
      let bytes = try await read(offset, min(Self.stretch, range.upperBound - offset))
      guard !bytes.isEmpty else { throw CutShort(offset: offset) }
      try await writer.write(bytes)
      offset += bytes.count
    }
  }

  private func reader() throws -> ReadBytes {
    switch source {
    case .read(let read): return read
    case .file(let file):
      let handle = try FileHandle(forReadingFrom: file)
      return { offset, count in
        try handle.seek(toOffset: UInt64(offset))
        return [UInt8](try handle.read(upToCount: count) ?? Data())
      }
    }
  }

  /// The content ended before its length.
  private struct CutShort: Error {
    let offset: Int
  }
}

extension Call {
  /// Content that never changes: all of it, the ranges asked for, or 304.
  ///
  /// - Throws: 416 when no range lies within the content.
  func answer(_ download: Download) throws -> Response {
    let tag = "\"\(download.tag)\""
    var headers = [
      ("ETag", tag), ("Cache-Control", CachePolicy.revalidate.rawValue),
      ("Accept-Ranges", "bytes"),
    ]
    if let digest = download.digest { headers.append(("Repr-Digest", "sha-256=:\(digest):")) }
    if known(tag) != nil { return Response(status: 304, headers: headers, body: .empty) }
    headers.append(("Content-Disposition", "attachment; filename=\"\(download.name)\""))
    let type = ("Content-Type", download.mediaType)
    switch askedRanges(of: download, tag: tag) {
    case .whole:
      return Response(
        status: 200, headers: [type] + headers, body: download.body(0..<download.byteCount))
    case .parts(let ranges) where ranges.count == 1:
      let range = ranges[0]
      let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(download.byteCount)"
      return Response(
        status: 206, headers: [type] + headers + [("Content-Range", place)],
        body: download.body(range))
    case .parts(let ranges):
      let parts = MultipartRanges(
        ranges, byteCount: download.byteCount, mediaType: download.mediaType)
      return Response(
        status: 206, headers: [("Content-Type", parts.mediaType)] + headers,
        body: .stream(
          StreamBody(length: parts.byteCount) { writer in
            try await parts.write(to: writer) { try await download.write($0, to: $1) }
          }))
    case .unsatisfiable:
      throw Problem(.rangeNotSatisfiable, "the content has \(download.byteCount) bytes")
        .with(header: "Content-Range", "bytes */\(download.byteCount)")
    }
  }

  /// What `Range` asks for, if the content is still what `If-Range` says; of a GET alone.
  private func askedRanges(of download: Download, tag: String) -> ByteRanges.Wish {
    guard let header = header("Range"), request.method == "GET" else { return .whole }
    if let condition = self.header("If-Range"), condition != tag { return .whole }
    return ByteRanges.wish(header, byteCount: download.byteCount)
  }
}
