import Compression
import HTTP

extension Response {
  /// Bytes below which compressing isn't worth it.
  private static let least = 1 << 10

  private static let compressible: Set<String> = [
    MediaType.json, MediaType.problem, MediaType.lines, MediaType.csv, MediaType.text,
    MediaType.html, MediaType.yaml, MediaType.schema, "text/css", "text/javascript",
    "image/svg+xml",
  ]

  /// The same answer, compressed if it is text of some length and the client takes that.
  ///
  /// Downloads stay as they are: their ranges count uncompressed bytes. So do events: each is to be there at once.
  func compressed(for accepted: AcceptEncoding) -> Response {
    guard let type = header("Content-Type")?.split(separator: ";").first?.lowercased(),
      Self.compressible.contains(type), status != 206, header("Accept-Ranges") == nil
    else { return self }
    let varying = with(header: "Vary", "Accept-Encoding")
    guard let coding = accepted.best else { return varying }
    var copy = varying
    switch body {
    case .bytes(let bytes) where bytes.count > Self.least:
      copy.body = .bytes(coding.encoded(bytes))
    case .stream(let stream):
      copy.body = .stream(
        stream.writing { writer, write in
          let encoder = coding.makeEncoder()
          try await write(writer.mapping { encoder.encode($0, .flush) })
          try await writer.write(encoder.encode([], .end))
        })
    default: return varying
    }
    // What is compressed is another representation, with a tag of its own (RFC 9110, section 8.8.3.3).
    if let place = copy.headers.firstIndex(where: { $0.0 == "ETag" }) {
      copy.headers[place].1 = EntityTag.coded(copy.headers[place].1, coding)
    }
    return copy.with(header: "Content-Encoding", coding.rawValue)
  }

  /// The first header of this name.
  func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
}
