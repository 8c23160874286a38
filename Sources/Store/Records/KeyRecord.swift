/// An API key as it is stored; its secret isn't.
public struct KeyRecord: Hashable, Sendable {
  public let id: KeyID
  public var name: String
  public let project: String
  /// Names of scopes, as a JSON array.
  public let scopes: String
  /// Of the secret part, in hexadecimal.
  public let secretSHA256: String
  /// Limits by name, as a JSON object.
  public var quotas: String
  /// Milliseconds since 1970, as all times.
  public let createdAt: Int
  public var expiresAt: Int?
  public var lastUsedAt: Int?
  public var revokedAt: Int?

  public init(
    id: KeyID, name: String, project: String, scopes: String, secretSHA256: String,
    quotas: String = "{}", createdAt: Int? = nil, expiresAt: Int? = nil, lastUsedAt: Int? = nil,
    revokedAt: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.project = project
    self.scopes = scopes
    self.secretSHA256 = secretSHA256
    self.quotas = quotas
    self.createdAt = createdAt ?? Store.now()
    self.expiresAt = expiresAt
    self.lastUsedAt = lastUsedAt
    self.revokedAt = revokedAt
  }
}
