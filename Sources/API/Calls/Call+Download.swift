import Foundation
import HTTP

/// A stretch of a download: where it begins and how many bytes it has.
typealias ReadBytes = @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]

extension Call {
  /// What a download sends at once, in bytes.
  private static let stretch = 1 << 20

  /// Content that never changes: all of it, the range asked for, or 304.
  ///
  /// - Parameters:
  ///   - tag: a name for these bytes that no others have.
  ///   - body: the content's bytes within a range.
  /// - Throws: 416 for a range outside of the content.
  func download(
    byteCount: Int, tag: String, mediaType: String, name: String,
    body: (Range<Int>) -> Response.Body
  ) throws -> Response {
    let quoted = "\"\(tag)\""
    var headers = [
      ("ETag", quoted), ("Cache-Control", CachePolicy.revalidate.rawValue),
      ("Accept-Ranges", "bytes"),
    ]
    if matches(quoted) { return Response(status: 304, headers: headers, body: .empty) }
    headers.append(("Content-Type", mediaType))
    headers.append(("Content-Disposition", "attachment; filename=\"\(name)\""))
    var range = 0..<byteCount
    var status = 200
    if let asked = try askedRange(byteCount: byteCount, tag: quoted) {
      range = asked
      status = 206
      headers.append(
        ("Content-Range", "bytes \(asked.lowerBound)-\(asked.upperBound - 1)/\(byteCount)"))
    }
    return Response(status: status, headers: headers, body: body(range))
  }

  /// A file's bytes, as `download(byteCount:…)` has them.
  func download(
    _ file: URL, tag: String, mediaType: String, name: String
  ) throws -> Response {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: file.path(percentEncoded: false))
    let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
    return try download(byteCount: size, tag: tag, mediaType: mediaType, name: name) {
      .file(file, $0)
    }
  }

  /// Bytes that are read as they are sent, as `download(byteCount:…)` has them.
  func download(
    byteCount: Int, tag: String, mediaType: String, name: String, read: @escaping ReadBytes
  ) throws -> Response {
    try download(byteCount: byteCount, tag: tag, mediaType: mediaType, name: name) { range in
      .stream(
        StreamBody(length: range.count) { writer in
          var offset = range.lowerBound
          while offset < range.upperBound {
            let bytes = try await read(offset, min(Call.stretch, range.upperBound - offset))
            guard !bytes.isEmpty else { throw CutShort(offset: offset) }
            try await writer.write(bytes)
            offset += bytes.count
          }
        })
    }
  }

  /// The one range of `Range` (RFC 9110, section 14.2); `nil` for none, several, or one that
  /// `If-Range` makes void.
  private func askedRange(byteCount: Int, tag: String) throws(Problem) -> Range<Int>? {
    guard let header = header("Range"), header.hasPrefix("bytes="), !header.contains(",") else {
      return nil
    }
    if let condition = self.header("If-Range"), condition != tag { return nil }
    let ends = header.dropFirst(6).split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    let (first, last) = (ends[0].trimmingSpaces(), ends[1].trimmingSpaces())
    if first.isEmpty {
      guard let count = Int(last), count >= 0 else { return nil }
      if count > 0, byteCount > 0 { return max(0, byteCount - count)..<byteCount }
    } else {
      guard let start = Int(first), start >= 0 else { return nil }
      guard last.isEmpty || Int(last).map({ $0 >= start }) == true else { return nil }
      let end = min(Int(last) ?? byteCount - 1, byteCount - 1)
      if start < byteCount { return start..<end + 1 }
    }
    throw Problem(.rangeNotSatisfiable, "the content has \(byteCount) bytes")
      .with(header: "Content-Range", "bytes */\(byteCount)")
  }

  /// The content ended before its length.
  private struct CutShort: Error {
    let offset: Int
  }
}
