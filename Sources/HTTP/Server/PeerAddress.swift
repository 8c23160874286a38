import Addresses
import Foundation

/// Whoever is at the other end of a connection.
struct PeerAddress: Hashable, Sendable {
  /// `nil` over a Unix-domain socket.
  let ip: IPAddress?

  static let socket = PeerAddress(ip: nil)

  /// - Parameter text: an address, with a port or not; anything else makes none.
  init?(text: String) {
    var plain = text
    if plain.hasPrefix("["), let end = plain.firstIndex(of: "]") {
      plain = String(plain[plain.index(after: plain.startIndex)..<end])
    } else if plain.count(where: { $0 == ":" }) == 1, let colon = plain.firstIndex(of: ":") {
      plain = String(plain[..<colon])
    }
    guard let ip = IPAddress(plain) else { return nil }
    self.ip = ip
  }

  init(_ address: UnsafePointer<sockaddr>?) { ip = address.flatMap { IPAddress($0) } }

  private init(ip: IPAddress?) { self.ip = ip }

  var isLoopback: Bool { ip?.isLoopback ?? true }

  /// As logs have it; `unix` over a Unix-domain socket.
  var text: String { ip?.text ?? "unix" }
}
