import SQLite

/// An answer that was given under an idempotency key.
public struct StoredAnswer: Hashable, Sendable {
  /// Of the method, the path and the body.
  public let requestDigest: String
  public let status: Int
  /// As a JSON object.
  public let headers: String
  public let body: [UInt8]

  public init(requestDigest: String, status: Int, headers: String, body: [UInt8]) {
    self.requestDigest = requestDigest
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The first answer to each idempotency key, kept for a day.
public struct AnswerRepository: Sendable {
  let store: Store

  static let lifetime = 24 * 3600 * 1000

  public func get(_ key: String) async throws -> StoredAnswer? {
    let oldest = Store.now() - Self.lifetime
    return try await store.read { connection in
      try connection.first(
        """
        SELECT request_sha256, status, headers, body FROM idempotency
        WHERE key = ? AND created_at >= ?
        """, [.text(key), .integer(oldest)]
      ) { row in
        StoredAnswer(
          requestDigest: row.text(0), status: row.integer(1), headers: row.text(2),
          body: row.blob(3))
      }
    }
  }

  /// Keeps an answer, and lets go of those that are too old.
  public func insert(_ key: String, _ answer: StoredAnswer) async throws {
    let now = Store.now()
    try await store.write { connection in
      try connection.execute(
        "DELETE FROM idempotency WHERE created_at < ?", [.integer(now - Self.lifetime)])
      try connection.execute(
        """
        INSERT OR REPLACE INTO idempotency
          (key, request_sha256, status, headers, body, created_at) VALUES (?, ?, ?, ?, ?, ?)
        """,
        [
          .text(key), .text(answer.requestDigest), .integer(answer.status),
          .text(answer.headers), .blob(answer.body), .integer(now),
        ])
    }
  }
}
