import Foundation

/// The 32 bytes of a SHA-256 hash.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  public static let byteCount = 32

  public let bytes: [UInt8]

  /// - Precondition: there are 32 bytes.
  init(_ bytes: [UInt8]) {
    precondition(bytes.count == Digest.byteCount, "\(bytes.count) bytes are no SHA-256")
    self.bytes = bytes
  }

  /// A digest written as 64 hexadecimal digits; `nil` for anything else.
  public init?(hexadecimal text: String) {
    guard let bytes = [UInt8](hexadecimal: text), bytes.count == Digest.byteCount else {
      return nil
    }
    self.bytes = bytes
  }

  /// A digest written in Base64, as `Content-Digest` (RFC 9530) has it; `nil` for anything else.
  public init?(base64 text: String) {
    guard let data = Data(base64Encoded: text), data.count == Digest.byteCount else { return nil }
    self.bytes = Array(data)
  }

  /// 64 hexadecimal digits, in lower case.
  public var hexadecimal: String { bytes.hexadecimal }

  /// The Base64 text that `Content-Digest` (RFC 9530) puts between colons.
  public var base64: String { Data(bytes).base64EncodedString() }

  public var description: String { hexadecimal }
}
