import Addresses
import Foundation

/// Which addresses webhooks may call: those of the public Internet alone, unless the server's keeper allows others.
///
/// Otherwise whoever may make a webhook could have the server knock at what only it can reach. A name is resolved once a
/// call, each of its addresses is looked at, and the call goes to one that was: a name server can't answer differently in
/// between.
public struct WebhookAddress: Sendable {
  /// Whether private addresses and plain HTTP are fine.
  public let allowsPrivate: Bool

  public init(allowsPrivate: Bool = false) { self.allowsPrivate = allowsPrivate }

  public static let longestURL = 2_000

  /// Why a text is no address that may be called; `nil` when it is.
  public func fault(of text: String) -> String? {
    guard text.utf8.count <= Self.longestURL else {
      return "has \(text.utf8.count) bytes; at most \(Self.longestURL)"
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      let parts = URLComponents(string: text),
      let host = parts.host, !host.isEmpty
    else { return "is no absolute URL, such as https://hooks.example/run" }
    guard parts.scheme == "https" || allowsPrivate && parts.scheme == "http" else {
      return allowsPrivate ? "must begin with https:// or http://" : "must begin with https://"
    }
    if parts.user != nil || parts.password != nil { return "must hold no user or password" }
    if parts.fragment != nil { return "must hold no fragment" }
    if let address = IPAddress(host), !allows(address) { return Self.refusal(host) }
    return nil
  }

  static func refusal(_ host: String) -> String {
    "\(host) leads to an address that isn't public; the server calls those with --webhook-private only"
  }

  /// An address that the URL's host has and that may be called.
  ///
  /// - Throws: `WebhookFault` when it has none, or one that may not be called among others.
  func resolve(_ url: String) throws(WebhookFault) -> String {
    if let fault = fault(of: url) { throw WebhookFault(fault) }
    let host = URLComponents(string: url)?.host ?? ""
    let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    let addresses = IPAddress.all(of: name)
    guard let first = addresses.first else { throw WebhookFault("\(name) has no address") }
    // One private address among public ones is a trap, or a mistake.
    guard addresses.allSatisfy(allows) else { throw WebhookFault(Self.refusal(name)) }
    return first.text
  }

  private func allows(_ address: IPAddress) -> Bool { allowsPrivate || address.isPublic }
}

/// Why a call couldn't be made.
struct WebhookFault: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
