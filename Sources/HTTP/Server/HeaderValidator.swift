/// Refuses requests that a proxy before this server and the server itself could read differently.
///
/// libmicrohttpd 0.9.75 takes all of these; each is refused before anything of the body is read, and
/// its connection closed (RFC 9112, sections 3.2, 6.1 and 11.2).
enum HeaderValidator {
  static func check(version: String, headers: Headers) throws(HTTPError) {
    for (name, value) in headers.items {
      guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
        throw HTTPError(
          .badRequest, "\"\(name.prefix(40))\" can't be a header's name (RFC 9110, section 5.6.2)")
      }
      for byte in value.utf8 where byte == 0 || byte == 0x0D || byte == 0x0A {
        throw HTTPError(.badRequest, "the header \(name.prefix(40)) has a control character")
      }
    }
    let lengths = headers.all("Content-Length")
    let codings = headers.all("Transfer-Encoding")
    if lengths.count > 1 { throw HTTPError(.badRequest, "Content-Length stands more than once") }
    if let length = lengths.first, length.isEmpty || !length.utf8.allSatisfy(isDigit) {
      throw HTTPError(.badRequest, "Content-Length must be a number")
    }
    if !lengths.isEmpty, !codings.isEmpty {
      throw HTTPError(.badRequest, "Content-Length and Transfer-Encoding exclude each other")
    }
    if !codings.isEmpty {
      if version == "HTTP/1.0" {
        throw HTTPError(.badRequest, "HTTP/1.0 has no Transfer-Encoding")
      }
      if codings.count > 1 || codings[0].lowercased() != "chunked" {
        throw HTTPError(.notImplemented, "the only Transfer-Encoding taken is chunked")
      }
    }
    if headers.all("Host").count > 1 {
      throw HTTPError(.badRequest, "Host stands more than once")
    }
    if let expectation = headers["Expect"], expectation.lowercased() != "100-continue" {
      throw HTTPError(.expectationFailed, "the only expectation met is 100-continue")
    }
  }

  /// - Parameter size: of the line and the headers as they came.
  static func check(size: Int, most: Int) throws(HTTPError) {
    guard size <= most else {
      throw HTTPError(
        .headersTooLarge,
        "the request's line and headers have \(size) bytes; \(most) are taken (--max-header-bytes)")
    }
  }

  /// Looks for bytes that the library hides: it takes a NUL for the end of a value.
  ///
  /// Lines end in CR LF, and one space comes before a value, as every client writes it; who writes more is told so.
  ///
  /// - Parameters:
  ///   - size: of the line and the headers as they came; 0 when that isn't known.
  ///   - line: method, address and version.
  static func check(size: Int, line: [String], headers: Headers) throws(HTTPError) {
    let ends = 2
    let plain = line.reduce(ends) { $0 + $1.utf8.count } + line.count - 1
    let most = headers.items.reduce(plain + ends) { sum, item in
      sum + item.name.utf8.count + ": ".utf8.count + item.value.utf8.count + ends
    }
    guard size <= most else {
      throw HTTPError(
        .badRequest,
        "the headers have \(size - most) bytes more than can be read: a NUL, a line that goes on in the next, or spaces around a value"
      )
    }
  }

  private static let tokenMarks = Set("!#$%&'*+-.^_`|~".utf8)

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || tokenMarks.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
