import JSON
import Store

/// A webhook that is asked for, free of faults.
public struct NewWebhook: Sendable {
  /// Webhooks of a project.
  public static let most = 100
  private static let longestName = 200

  public let record: WebhookRecord

  /// Decodes a request's body, and finds every fault in it.
  public init(_ json: JSON, _ addresses: WebhookAddress) throws(Faults) {
    var reader = ObjectReader(json)
    _ = reader.requiredValue("url")
    let url = reader.string("url") ?? ""
    if !url.isEmpty || reader.has("url"), let fault = addresses.fault(of: url) {
      reader.fault("url", fault)
    }
    let name = reader.string("name") ?? ""
    if name.count > Self.longestName {
      reader.fault("name", "has \(name.count) characters; at most \(Self.longestName)")
    }
    let kinds = DeliveryRepository.kinds
    let events = reader.strings("events", count: 1...kinds.count) ?? ["end"]
    for (index, event) in events.enumerated() where !kinds.contains(event) {
      reader.fault(
        "events", element: index,
        "unknown event\(nearest(event, among: kinds)); there are \(kinds.joined(separator: ", "))")
    }
    let secret = reader.string("secret")
    if let secret, WebhookSecret(secret) == nil {
      reader.fault("secret", "must be whsec_ and 24 to 64 bytes in Base64")
    }
    try reader.finish().check()
    record = WebhookRecord(
      name: name, url: url, events: "\(JSON.array(events.map(JSON.string)))",
      secret: secret ?? WebhookSecret.make())
  }
}
