/// Refuses requests that a proxy before this server and the server itself could read differently.
///
/// libmicrohttpd 0.9.75 takes all of these; each is refused before anything of the body is read, and
/// its connection closed (RFC 9112, sections 3.2, 6.1 and 11.2).
enum HeaderValidator {
  static func check(version: String, headers: Headers) throws(HTTPError) {
    for (name, value) in headers.items {
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

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
