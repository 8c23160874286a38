import Addresses
import Foundation

/// Peers whose word on whom they speak for is taken, by blocks of addresses.
public struct TrustedProxies: Hashable, Sendable {
  private var blocks: [AddressBlock] = []
  /// Whether whoever comes over a Unix-domain socket is one.
  public var trustsSocket = false

  public init() {}

  /// - Throws: a message for a text that is no block such as `10.0.0.0/8` or `::1`.
  public init(_ blocks: [String]) throws(ServerError) {
    for text in blocks {
      guard let block = AddressBlock(text) else {
        throw ServerError("\"\(text)\" is no block of addresses such as 10.0.0.0/8 or ::1")
      }
      self.blocks.append(block)
    }
  }

  /// - Parameter peer: as `PeerAddress` writes it.
  func contains(_ peer: PeerAddress) -> Bool {
    guard let ip = peer.ip else { return trustsSocket }
    return blocks.contains { $0.contains(ip) }
  }

  /// Whom a request comes from and whether it came to the proxy over TLS, as far as trusted proxies tell.
  ///
  /// Each proxy appends whom it was called by: from the right, the first that isn't a trusted proxy itself is the client. What
  /// stands left of it the client may have made up.
  func origin(of peer: PeerAddress, _ headers: Headers) -> (client: PeerAddress, isSecure: Bool) {
    guard contains(peer) else { return (peer, false) }
    var client = peer
    let hops = headers.all("X-Forwarded-For").flatMap { $0.split(separator: ",") }
    for hop in hops.reversed() {
      guard let address = PeerAddress(text: hop.trimmingCharacters(in: .whitespaces)) else { break }
      client = address
      if !contains(address) { break }
    }
    let scheme = headers.all("X-Forwarded-Proto").last?.split(separator: ",").last
    let isSecure = scheme?.trimmingCharacters(in: .whitespaces).lowercased() == "https"
    return (client, isSecure)
  }
}
