import Foundation
import HTTPClient
import JSON

/// The API, as a program on the other side uses it.
public struct APIClient: Sendable {
  /// Seconds for an answer that isn't waited for on purpose.
  public static let answerSeconds = 120.0
  private static let largestAnswer = 256 << 20

  public let server: ServerAddress
  private let key: String?
  private let certificates: String?

  /// - Parameters:
  ///   - key: an API key, where the server asks for one.
  ///   - certificates: a PEM file with those to trust in place of the system's.
  public init(_ server: ServerAddress, key: String? = nil, certificates: String? = nil) {
    self.server = server
    self.key = key
    self.certificates = certificates
  }

  public func get(_ path: String, accept: String? = nil) async throws -> [UInt8] {
    try await send("GET", path, headers: accept.map { [("Accept", $0)] } ?? [])
  }

  public func json(_ method: String, _ path: String) async throws -> JSON {
    let bytes = try await send(method, path)
    return bytes.isEmpty ? .null : try parsed(bytes)
  }

  /// Every row of a list, over all its pages.
  public func rows(_ path: String) async throws -> [JSON] {
    var rows: [JSON] = []
    var cursor = ""
    repeat {
      let page = try await json("GET", "\(path)?limit=200\(cursor)")
      rows += page["data"]?.array ?? []
      let next = page["next_cursor"]?.string?.addingPercentEncoding(
        withAllowedCharacters: .alphanumerics)
      cursor = next.map { "&cursor=\($0)" } ?? ""
    } while !cursor.isEmpty
    return rows
  }

  /// Sends a document, and answers what the server made of it.
  public func post(
    _ path: String, _ document: JSON, headers: [(String, String)] = []
  ) async throws -> JSON {
    try parsed(
      await send(
        "POST", path, headers: [("Content-Type", "application/json")] + headers,
        body: .bytes(document.encoded())))
  }

  /// Sends a file as it is read.
  public func upload(_ file: URL, to path: String) async throws -> JSON {
    try parsed(
      await send(
        "POST", path, headers: [("Content-Type", "application/octet-stream")], body: .file(file),
        seconds: nil))
  }

  public func send(
    _ method: String, _ path: String, headers: [(String, String)] = [],
    body: ClientRequest.Body = .none, seconds: Double? = answerSeconds
  ) async throws -> [UInt8] {
    try await answer(method, path, headers: headers, body: body, seconds: seconds).body
  }

  /// The answer with its headers.
  func answer(
    _ method: String, _ path: String, headers: [(String, String)] = [],
    body: ClientRequest.Body = .none, seconds: Double? = answerSeconds
  ) async throws -> (response: ClientResponse, body: [UInt8]) {
    var request = request(method, path, headers)
    request.body = body
    request.seconds = seconds
    request.mostBytes = Self.largestAnswer
    let (response, bytes) = try await reaching { try await HTTPClient().send(request) }
    guard (200..<300).contains(response.status) else {
      throw APIFailure(status: response.status, body: bytes)
    }
    return (response, bytes)
  }

  /// Hands on an answer line by line, as it comes; answers its status.
  public func lines(
    _ path: String, _ body: @escaping @Sendable (String) throws -> Void
  ) async throws -> Int {
    let splitter = LineSplitter(body)
    let refused = Refusal()
    let response = try await reaching {
      try await HTTPClient().stream(
        request("GET", path, [("Accept", "application/x-ndjson")]),
        head: { refused.begin($0.status) }
      ) { bytes in
        if !refused.take(bytes) { try splitter.take(bytes) }
      }
    }
    try refused.check(response.status)
    return response.status
  }

  /// Writes an answer into a file, which is there whole or not at all.
  public func download(_ path: String, to file: URL) async throws {
    let folder = file.deletingLastPathComponent()
    let part = folder.appending(path: ".\(file.lastPathComponent).\(UUID().uuidString.prefix(8))")
    guard FileManager.default.createFile(atPath: part.path(percentEncoded: false), contents: nil)
    else { throw APIFailure(message: "\(file.path) can't be written") }
    defer { try? FileManager.default.removeItem(at: part) }
    let handle = try FileHandle(forWritingTo: part)
    let refused = Refusal()
    var request = request("GET", path)
    request.mostBytes = .max
    let sent = request
    let response = try await reaching {
      try await HTTPClient().stream(sent, head: { refused.begin($0.status) }) { bytes in
        if !refused.take(bytes) { try handle.write(contentsOf: bytes) }
      }
    }
    try refused.check(response.status)
    let length = try handle.offset()
    try handle.close()
    if let expected = response.header("Content-Length").flatMap({ UInt64($0) }), expected != length
    {
      throw APIFailure(message: "\(length) of \(expected) bytes came")
    }
    guard rename(part.path(percentEncoded: false), file.path(percentEncoded: false)) == 0 else {
      throw APIFailure(
        message: "\(file.path) can't be written: \(String(cString: strerror(errno)))")
    }
  }

  private func request(
    _ method: String, _ path: String, _ headers: [(String, String)] = []
  ) -> ClientRequest {
    var request = ClientRequest(method, server.base + path, headers: headers)
    if let key { request.headers.append(("Authorization", "Bearer \(key)")) }
    request.socket = server.socket
    request.certificates = certificates
    return request
  }

  private func parsed(_ bytes: [UInt8]) throws -> JSON {
    do throws(JSONSyntaxError) {
      return try JSON(parsing: bytes)
    } catch {
      throw APIFailure(message: "\(server.text) answers no JSON; is it a chainrule server?")
    }
  }

  /// Says what to do where no server is reached.
  private func reaching<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as HTTPClientError {
      switch error.code {
      case .unreachable, .unresolved:
        throw APIFailure(
          message:
            "no server answers at \(server.text) (\(error)); start one with chainrule serve, or name it with --server",
          isUnreachable: true)
      case .broken, .timedOut:
        throw APIFailure(message: "\(server.text): \(error)", isUnreachable: true)
      default: throw APIFailure(message: "\(server.text): \(error)")
      }
    }
  }
}
