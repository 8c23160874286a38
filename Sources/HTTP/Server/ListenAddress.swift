import Foundation

/// An address to listen on.
struct ListenAddress {
  private var storage = sockaddr_storage()
  let isIPv6: Bool

  /// - Throws: `ServerError` for a host that isn't one of this machine's.
  init(host: String, port: Int) throws(ServerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    defer { freeaddrinfo(list) }
    guard status == 0, let first = list?.pointee, let address = first.ai_addr else {
      throw ServerError("there is no host \(host): \(String(cString: gai_strerror(status)))")
    }
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
    }
    isIPv6 = first.ai_family == AF_INET6
  }

  mutating func withPointer<Result>(
    _ body: (UnsafeMutableRawPointer, _ isIPv6: Bool) throws -> Result
  ) rethrows -> Result {
    let isIPv6 = isIPv6
    return try withUnsafeMutablePointer(to: &storage) {
      try body(UnsafeMutableRawPointer($0), isIPv6)
    }
  }
}
