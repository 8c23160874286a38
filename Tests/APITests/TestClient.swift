import Foundation
import JSON

/// A small HTTP client over a socket of its own, so that tests send exactly the bytes they mean.
struct TestClient: Sendable {
  struct Answer: Sendable {
    let status: Int
    /// By lower-case name.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let port: UInt16

  func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    try await send("GET", path, headers)
  }

  func delete(_ path: String) async throws -> Answer { try await send("DELETE", path) }

  func post(
    _ path: String, json: JSON? = nil, _ headers: [String: String] = [:]
  ) async throws -> Answer {
    var all = headers
    if json != nil { all["Content-Type"] = all["Content-Type"] ?? "application/json" }
    return try await send("POST", path, all, body: json.map { $0.encoded() } ?? [])
  }

  func send(
    _ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8]? = nil
  ) async throws -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    return try await raw(Array((head + "\r\n").utf8) + (body ?? []), isHead: method == "HEAD")
  }

  /// The answer to a GET as it came, up to where a text first stands in it; for streams that don't end.
  func lines(
    _ path: String, _ headers: [String: String], until text: String
  ) async throws -> String {
    var head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    let (request, end, port) = (Array((head + "\r\n").utf8), Array(text.utf8), port)
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            let received = try TestClient.received(of: request, port: port, until: end)
            return String(decoding: received, as: UTF8.self)
          })
      }
    }
  }

  /// Sends bytes as they stand and reads until the server closes.
  func raw(_ request: [UInt8], isHead: Bool = false) async throws -> Answer {
    let port = port
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            try TestClient.parse(TestClient.received(of: request, port: port), isHead: isHead)
          })
      }
    }
  }

  /// Sends bytes as they stand, and goes away.
  func abandon(_ request: [UInt8]) async throws {
    let port = port
    _ = try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result { try TestClient.received(of: request, port: port, isRead: false) })
      }
    }
  }

  /// What a server answers until it closes, or until some bytes have come; nothing where it isn't read.
  private static func received(
    of request: [UInt8], port: UInt16, until end: [UInt8]? = nil, isRead: Bool = true
  ) throws -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(description: "no socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(description: "can't connect") }
    // A server that refuses early stops reading; its answer is there all the same.
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      sent += count
    }
    var received: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while isRead {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count <= 0 { break }
      received.append(contentsOf: chunk[..<count])
      if let end, received.firstRange(of: end) != nil { break }
    }
    return received
  }

  private static func parse(_ bytes: [UInt8], isHead: Bool) throws -> Answer {
    let separator = Array("\r\n\r\n".utf8)
    guard let end = bytes.firstRange(of: separator) else {
      throw Failure(description: "no answer: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers[line[..<colon].lowercased()] = String(value)
    }
    var body = Array(bytes[end.upperBound...])
    if headers["transfer-encoding"] == "chunked", !isHead { body = try unchunked(body) }
    return Answer(status: status, headers: headers, body: body)
  }

  private static func unchunked(_ bytes: [UInt8]) throws -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let end = rest.firstRange(of: Array("\r\n".utf8)) {
      let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
      if size == 0 { return result }
      guard rest.endIndex - end.upperBound >= size + 2 else { break }
      result.append(contentsOf: rest[end.upperBound..<end.upperBound + size])
      rest = rest[(end.upperBound + size + 2)...]
    }
    throw Failure(description: "the chunked body ends too soon")
  }
}
