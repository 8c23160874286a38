import Digests
import Foundation

/// What calls are signed with, as the Standard Webhooks specification has it: `whsec_` and 24 to 64 bytes in Base64.
public struct WebhookSecret: Sendable {
  static let mark = "whsec_"
  private static let sizes = 24...64

  let bytes: [UInt8]

  /// A new one.
  public static func make() -> String {
    mark + Data(SecureRandom.bytes(32)).base64EncodedString()
  }

  /// - Returns: `nil` for a text that is none.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.mark),
      let data = Data(base64Encoded: String(text.dropFirst(Self.mark.count))),
      Self.sizes.contains(data.count)
    else { return nil }
    bytes = [UInt8](data)
  }

  /// The header `webhook-signature`: of the message's id, the time in seconds since 1970, and the body.
  func signature(of message: String, at time: Int, _ body: String) -> String {
    let signed = HMAC.sha256(key: bytes, Array("\(message).\(time).\(body)".utf8))
    return "v1,\(signed.base64)"
  }
}
