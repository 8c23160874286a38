import Access
import JSON
import Runs
import Store

/// A key as the API shows it: without its secret.
enum KeyPresentation {
  static func json(_ key: AccessKey) -> JSON {
    func time(_ milliseconds: Int?) -> JSON {
      milliseconds.map { .string(Timestamp.text($0)) } ?? .null
    }
    let record = key.record
    return [
      "id": .string(key.id.rawValue), "name": .string(record.name),
      "prefix": .string(KeyToken.prefix(of: key.id)), "project": .string(record.project),
      "scopes": .array(key.scopes.sorted().map { .string($0.rawValue) }),
      "quotas": key.quotas.json, "created_at": time(record.createdAt),
      "expires_at": time(record.expiresAt), "last_used_at": time(record.lastUsedAt),
      "revoked_at": time(record.revokedAt),
    ]
  }
}
