import Digests
import HTTP
import JSON
import Store
import Synchronization

/// The keys of requests under way, so that a second one with the same key doesn't run beside it.
final class KeysInFlight: Sendable {
  private let keys = Mutex<Set<String>>([])

  /// Whether the key was free, and is taken now.
  func take(_ key: String) -> Bool { keys.withLock { $0.insert(key).inserted } }
  func release(_ key: String) { keys.withLock { _ = $0.remove(key) } }
}

extension Service {
  private static let longestKey = 255

  /// Does something once for a request's `Idempotency-Key`, and answers the same from then on.
  ///
  /// A request that failed leaves no answer, so that it can be put right under the same key.
  ///
  /// - Parameters:
  ///   - body: what the request says, beside its path and query.
  ///   - made: answers anew for the id of what was made, where the server died before it had; `nil` when that is gone.
  func idempotently(
    _ call: Call, body: [UInt8], made: (String) async throws -> Response? = { _ in nil },
    _ action: () async throws -> Response
  ) async throws -> Response {
    guard let key = call.header("Idempotency-Key") else { return try await action() }
    guard !key.isEmpty, key.utf8.count <= Service.longestKey else {
      throw Problem(
        .badRequest, "Idempotency-Key must have from 1 to \(Service.longestKey) bytes")
    }
    // Keys of different projects don't meet.
    let name = "\(Caller.current?.project ?? "")\n\(key)"
    guard keysInFlight.take(name) else {
      throw Problem(
        .conflict, "a request with this Idempotency-Key is under way; ask again when it is done")
    }
    defer { keysInFlight.release(name) }
    let digest = requestDigest(call, body)
    if let stored = try await store.answers.get(key) {
      guard stored.requestDigest == digest else {
        throw Problem(
          .idempotencyKeyReused,
          "this Idempotency-Key came with another request before; take a new one")
      }
      guard let id = stored.madeID else { return try Service.response(of: stored) }
      guard let response = try await made(id) else {
        throw Problem(.notFound, "what this Idempotency-Key made, \(id), was deleted since")
      }
      return try await keep(response, key, digest)
    }
    let own = RequestKey(key: key, requestDigest: digest)
    let response = try await RequestKey.$current.withValue(own) { try await action() }
    return try await keep(response, key, digest)
  }

  private func keep(_ response: Response, _ key: String, _ digest: String) async throws -> Response
  {
    if (200..<300).contains(response.status), case .bytes(let bytes) = response.body {
      let headers = JSONObject(response.headers.map { ($0.0, JSON.string($0.1)) })
      try await store.answers.insert(
        key,
        StoredAnswer(
          requestDigest: digest, status: response.status, headers: "\(JSON.object(headers))",
          body: bytes))
    }
    return response
  }

  private func requestDigest(_ call: Call, _ body: [UInt8]) -> String {
    let hash = SHA256()
    hash.update("\(call.endpoint.operationID)\n\(call.parameters["id"] ?? "")\n".utf8)
    for (name, value) in call.query.texts.sorted(by: { $0.key < $1.key }) {
      hash.update("\(name)=\(value)\n".utf8)
    }
    hash.update("\n".utf8)
    hash.update(body)
    return hash.digest().hexadecimal
  }

  private static func response(of stored: StoredAnswer) throws -> Response {
    let headers = try JSON(parsing: stored.headers).object?.members ?? []
    return Response(
      status: stored.status, headers: headers.map { ($0.name, $0.value.string ?? "") },
      body: .bytes(stored.body))
  }
}
