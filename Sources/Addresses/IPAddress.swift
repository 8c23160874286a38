import Foundation

/// An address of the Internet Protocol, version 4 or 6.
public struct IPAddress: Hashable, Sendable {
  /// 4 or 16, in network order; 4 too for one of version 4 that was written as one of version 6.
  public let bytes: [UInt8]

  /// The address that a text is, with brackets around it or not; `nil` for a name.
  public init?(_ text: String) {
    let plain =
      text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, plain, &four) == 1 {
      self.init(bytes: withUnsafeBytes(of: &four) { Array($0) })
    } else if inet_pton(AF_INET6, plain, &six) == 1 {
      self.init(bytes: withUnsafeBytes(of: &six) { Array($0) })
    } else {
      return nil
    }
  }

  /// The address of a socket; `nil` for one of another family.
  public init?(_ address: UnsafePointer<sockaddr>) {
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        withUnsafeBytes(of: $0.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
      }
    case AF_INET6:
      self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
        withUnsafeBytes(of: $0.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
      }
    default: return nil
    }
  }

  private init(bytes: [UInt8]) {
    // Mapped into version 6 (RFC 4291, section 2.5.5.2).
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    self.bytes = bytes.starts(with: mapped) && bytes.count == 16 ? Array(bytes[12...]) : bytes
  }

  /// Every address that a name has, as this machine resolves it; waits for that.
  public static func all(of name: String) -> [IPAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [IPAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      if let own = IPAddress(address) { found.append(own) }
    }
    return found
  }

  public var text: String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    inet_ntop(family, bytes, &buffer, socklen_t(buffer.count))
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether it is of the public Internet: in none of the blocks that IANA's registries of special-purpose addresses keep
  /// from global use, nor leads into one.
  public var isPublic: Bool {
    if bytes.count == 4 { return !Self.special4.contains { isIn($0.bytes, $0.bits) } }
    for (prefix, place) in Self.embedding where bytes.starts(with: prefix) {
      return IPAddress(bytes: Array(bytes[place..<place + 4])).isPublic
    }
    // Global unicast is 2000::/3; what is special within it comes next.
    return isIn([0x20], 3) && !Self.special6.contains { isIn($0.bytes, $0.bits) }
  }

  /// Whether it is this machine's own.
  public var isLoopback: Bool {
    bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// Whether its first bits are those of a block.
  func isIn(_ block: [UInt8], _ bits: Int) -> Bool {
    for bit in 0..<bits {
      let mask = UInt8(0x80 >> (bit % 8))
      let wanted = bit / 8 < block.count ? block[bit / 8] : 0
      if bytes[bit / 8] & mask != wanted & mask { return false }
    }
    return true
  }

  /// RFC 6890 and what was added to its registry since, and multicast.
  private static let special4: [(bytes: [UInt8], bits: Int)] = [
    ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12),
    ([192, 0, 0], 24), ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16), ([198, 18], 15),
    ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 4), ([240], 4),
  ]
  private static let special6: [(bytes: [UInt8], bits: Int)] = [
    ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x3F, 0xFF], 20),
  ]
  /// Prefixes of addresses that lead to one of version 4, and where in them it is: translated (RFC 6052), 6to4
  /// (RFC 3056).
  private static let embedding: [(prefix: [UInt8], place: Int)] = [
    ([0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0], 12), ([0x20, 0x02], 2),
  ]
}
