import SQLite

/// An answer that was given under an idempotency key, or the id of what was made before it could be.
public struct StoredAnswer: Hashable, Sendable {
  /// Of the method, the path and the body.
  public let requestDigest: String
  public let status: Int
  /// As a JSON object.
  public let headers: String
  public let body: [UInt8]

  /// The id of what the request made, where the server died before it had answered.
  public var madeID: String? {
    status == Self.unanswered ? String(decoding: body, as: UTF8.self) : nil
  }

  fileprivate static let unanswered = 0

  public init(requestDigest: String, status: Int, headers: String, body: [UInt8]) {
    self.requestDigest = requestDigest
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// The first answer to each idempotency key of a project, kept for a day.
public struct AnswerRepository: Sendable {
  let store: Store

  static let lifetime = 24 * 3600 * 1000

  public func get(_ key: String) async throws -> StoredAnswer? {
    let (oldest, project) = (Store.now() - Self.lifetime, Caller.owner.project)
    return try await store.read { connection in
      try connection.first(
        """
        SELECT request_sha256, status, headers, body FROM answer
        WHERE project = ? AND key = ? AND created_at >= ?
        """, [.text(project), .text(key), .integer(oldest)]
      ) { row in
        StoredAnswer(
          requestDigest: row.text(0), status: row.integer(1), headers: row.text(2),
          body: row.blob(3))
      }
    }
  }

  /// Keeps an answer, and lets go of those that are too old.
  public func insert(_ key: String, _ answer: StoredAnswer) async throws {
    let project = Caller.owner.project
    try await store.write { connection in
      try connection.execute(
        "DELETE FROM answer WHERE created_at < ?", [.integer(Store.now() - Self.lifetime)])
      try Self.insert(key, of: project, answer, connection)
    }
  }

  /// Notes what a request made, in the transaction that makes it.
  static func note(
    _ id: some ResourceID, under key: RequestKey?, _ connection: SQLiteConnection
  ) throws {
    guard let key else { return }
    let answer = StoredAnswer(
      requestDigest: key.requestDigest, status: StoredAnswer.unanswered, headers: "{}",
      body: Array(id.rawValue.utf8))
    try insert(key.key, of: key.project, answer, connection)
  }

  private static func insert(
    _ key: String, of project: String, _ answer: StoredAnswer, _ connection: SQLiteConnection
  ) throws {
    try connection.execute(
      """
      INSERT OR REPLACE INTO answer
        (project, key, request_sha256, status, headers, body, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(project), .text(key), .text(answer.requestDigest), .integer(answer.status),
        .text(answer.headers),
        .blob(answer.body), .integer(Store.now()),
      ])
  }
}
