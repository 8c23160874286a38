import API
import JSON
import Webhooks

/// The flags of `chainrule serve` that say who may use it.
struct AccessFlags: Sendable {
  let isKeyRequired: Bool
  /// Pages of which may call from a browser.
  let origins: Set<String>
  let webhooks: WebhookAddress
  /// Whom to tell of a weakness.
  let securityContact: String?

  static let fields = [authField, originsField, webhooksField, contactField]

  private static let authField = Field(
    "auth", .choice(["keys", "none"]),
    "Whether requests need a key; on loopback without a proxy none is needed by default, elsewhere always one."
  )
  private static let originsField = Field(
    "cors_origins", .described("origins"),
    "Pages of which may call the server from a browser, such as https://lab.example, with commas between; none by default."
  )

  private static let webhooksField = Field(
    "webhook_private", .boolean, default: false,
    "Whether webhooks may call private addresses, and without TLS.")

  private static let contactField = Field(
    "security_contact", .described("a URI"),
    "Whom to tell of a weakness, such as mailto:security@lab.example; /.well-known/security.txt says so."
  )

  /// - Parameters:
  ///   - isLoopback: whether only this machine reaches the server's own address.
  ///   - isBehindProxy: whether others reach it through one.
  init(_ reader: inout ObjectReader, isLoopback: Bool, isBehindProxy: Bool) {
    let asked = reader.string(Self.authField.name, in: ["keys", "none"])
    isKeyRequired = asked.map { $0 == "keys" } ?? (!isLoopback || isBehindProxy)
    if !isKeyRequired, !isLoopback {
      reader.fault(Self.authField.name, "none is possible on loopback only")
    }
    let listed = reader.string(Self.originsField.name)?.split(separator: ",").map(String.init) ?? []
    origins = Set(listed)
    webhooks = WebhookAddress(allowsPrivate: reader.bool(Self.webhooksField))
    securityContact = reader.string(Self.contactField.name)
    if let securityContact,
      !["mailto:", "https://", "tel:"].contains(where: securityContact.hasPrefix)
    {
      reader.fault(Self.contactField.name, "must begin with mailto:, https:// or tel: (RFC 9116)")
    }
    for origin in listed where !Service.isOrigin(origin) {
      reader.fault(
        Self.originsField.name,
        "\"\(origin)\" is no origin such as https://lab.example or http://localhost:3000")
    }
  }
}
