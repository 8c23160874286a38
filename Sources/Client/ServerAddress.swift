import Foundation

/// Where a server is: a URL, or `unix:` and the path of its socket.
public struct ServerAddress: Hashable, Sendable {
  /// Without a slash at its end.
  let base: String
  let socket: String?

  /// Where `chainrule serve` listens when it isn't told.
  public static let standard = ServerAddress(base: "http://127.0.0.1:8080", socket: nil)

  private init(base: String, socket: String?) {
    self.base = base
    self.socket = socket
  }

  /// - Returns: `nil` for anything else.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/") else { return nil }
      base = "http://localhost"
      socket = path
      return
    }
    guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme),
      parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil
    else { return nil }
    base = text.hasSuffix("/") ? String(text.dropLast()) : text
    socket = nil
  }

  /// As people know it.
  public var text: String { socket.map { "unix:\($0)" } ?? base }
}
