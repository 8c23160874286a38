import Digests
import JSON
import Store

/// A key as requests are checked against it.
public struct AccessKey: Hashable, Sendable {
  public internal(set) var record: KeyRecord
  public let scopes: Set<AccessScope>
  public internal(set) var quotas: KeyQuotas
  /// Of the secret part; read once rather than at each request.
  let secretDigest: Digest?

  public var id: KeyID { record.id }
  public var caller: Caller {
    Caller(
      project: record.project, key: record.id,
      limits: Caller.Limits(queuedRuns: quotas.queuedRuns, storedBytes: quotas.storedBytes))
  }

  /// - Throws: `StoreError.corrupt` for a row that can't be read.
  init(_ record: KeyRecord) throws {
    self.record = record
    secretDigest = Digest(hexadecimal: record.secretSHA256)
    guard let scopes = try? JSON(parsing: record.scopes).array,
      let quotas = try? JSON(parsing: record.quotas)
    else { throw StoreError(.corrupt, "the row of key \(record.id) is damaged") }
    self.scopes = Set(scopes.compactMap { $0.string.flatMap(AccessScope.init(rawValue:)) })
    var reader = ObjectReader(quotas)
    self.quotas = KeyQuotas(&reader)
  }

  /// - Parameter now: milliseconds since 1970.
  public func isValid(at now: Int) -> Bool {
    record.revokedAt == nil && record.expiresAt.map { $0 > now } ?? true
  }
}
