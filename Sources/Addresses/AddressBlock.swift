/// Addresses that begin with the same bits (RFC 4632, RFC 4291).
public struct AddressBlock: Hashable, Sendable {
  private let first: IPAddress
  private let bits: Int

  /// - Parameter text: such as `10.0.0.0/8`, or one address; anything else makes none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
    let bits = parts.count == 2 ? Int(parts[1]) : first.bytes.count * 8
    guard let bits, (0...first.bytes.count * 8).contains(bits) else { return nil }
    self.first = first
    self.bits = bits
  }

  public func contains(_ address: IPAddress) -> Bool {
    address.bytes.count == first.bytes.count && address.isIn(first.bytes, bits)
  }
}
