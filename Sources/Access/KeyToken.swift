import Digests
import Foundation
import Store

/// What a client sends as its key: `chainrule_<the id's ULID>_<secret>`.
///
/// The first part finds the key, and lets people and scanners of secrets recognise one; the secret has 256 random bits, so
/// that a plain hash of it is enough to keep.
public struct KeyToken: Hashable, Sendable {
  static let mark = "chainrule_"
  private static let secretBytes = 32
  /// Of a secret in base64url without padding (RFC 4648, section 5).
  private static let secretLength = 43
  static let length = mark.utf8.count + 26 + 1 + secretLength

  public let id: KeyID
  let secret: String

  public var text: String { "\(Self.prefix(of: id))_\(secret)" }

  /// What may be shown of a key.
  public static func prefix(of id: KeyID) -> String {
    mark + id.rawValue.dropFirst(KeyID.prefix.count)
  }

  /// A new one.
  static func make() -> KeyToken {
    let secret = Data(SecureRandom.bytes(secretBytes)).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    return KeyToken(id: .make(), secret: secret)
  }

  private init(id: KeyID, secret: String) {
    self.id = id
    self.secret = secret
  }

  /// - Returns: `nil` for a text that no key ever was.
  init?(_ text: String) {
    guard text.utf8.count == Self.length, text.hasPrefix(Self.mark) else { return nil }
    let rest = text.dropFirst(Self.mark.count)
    guard let id = KeyID(KeyID.prefix + rest.prefix(26)), rest.dropFirst(26).first == "_" else {
      return nil
    }
    self.init(id: id, secret: String(rest.dropFirst(27)))
  }

  /// What is kept of the secret.
  var secretDigest: Digest { SHA256.digest(of: secret.utf8) }
}
