import Foundation
import JSON

/// What is to become different of a key. Members that aren't named stay; `null` takes a limit away (RFC 7396).
public struct KeyChange: Sendable {
  let name: String?
  /// Milliseconds since 1970; `.some(nil)` for never.
  let expiresAt: Int??
  let quotas: JSON?

  /// Decodes a request's body, and finds every fault in it.
  public init(_ json: JSON, now: Date = Date()) throws(Faults) {
    var reader = ObjectReader(json)
    name = NewKey.name(&reader, isRequired: false)
    let expiry = NewKey.expiry(&reader, now)
    expiresAt = reader.object["expires_at"] == nil ? nil : .some(expiry)
    quotas = reader.object["quotas"]
    _ = NewKey.quotas(&reader)
    try reader.finish().check()
  }

  /// The quotas that come of a key's own.
  func quotas(of key: AccessKey) -> KeyQuotas {
    guard let quotas else { return key.quotas }
    var members = key.quotas.json.object ?? JSONObject()
    if quotas == .null { members = JSONObject() }
    for (name, value) in quotas.object?.members ?? [] {
      members[name] = value == .null ? nil : value
    }
    var reader = ObjectReader(.object(members))
    return KeyQuotas(&reader)
  }
}
