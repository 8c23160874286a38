/// Looks at the name under which a request came (RFC 9110, section 7.2).
struct HostGuard: Sendable {
  /// Beside those of this machine; `nil` for any.
  let allowed: Set<String>?

  private static let own: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

  func check(_ headers: Headers) throws(HTTPError) {
    guard let allowed, let host = headers["Host"] else { return }
    let name = Self.name(host)
    guard Self.own.contains(name) || allowed.contains(name) else {
      throw HTTPError(
        .misdirected,
        "the server isn't called \(name.prefix(100)); it answers to names of --allowed-hosts and this machine's own"
      )
    }
  }

  /// Without the port, in lower case.
  private static func name(_ host: String) -> String {
    var name = host.lowercased()
    if let colon = name.lastIndex(of: ":"), name[colon...].dropFirst().allSatisfy(\.isNumber),
      !name.hasSuffix("]")
    {
      name = String(name[..<colon])
    }
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }
}
