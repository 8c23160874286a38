import JSON
import Store
import Webhooks

/// The schemas of webhooks and their calls.
enum WebhookSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("WebhookRequest", request), ("Webhook", .object(webhook)),
      ("NewWebhook", .object(webhook + [.always("secret", secret, "Shown this once.")])),
      ("WebhookPage", Components.page(of: "Webhook")), ("Delivery", delivery),
      ("DeliveryPage", Components.page(of: "Delivery")),
    ]
  }

  private static let url = Schema.string.with("format", "uri").with(
    "maxLength", .integer(WebhookAddress.longestURL))
  private static let secret = Schema.string.with("pattern", "^whsec_[A-Za-z0-9+/]+={0,2}$")
  private static let events = Schema.array(
    .oneOf(DeliveryRepository.kinds), count: 1...DeliveryRepository.kinds.count)

  private static let request = Schema.object(
    [
      .always("url", url, "Begins with `https://`."),
      .maybe("name", Schema.string.with("maxLength", 200), "For people."),
      .maybe("events", events, "What is told; `end` alone when left out."),
      .maybe("secret", secret, "What calls are signed with; made when left out."),
    ], isClosed: true)

  private static let webhook: [Property] = [
    .always("id", .identifier("whk")), .always("name", .string), .always("url", url),
    .always("events", events), .always("created_at", .time),
    .always("disabled", Schema.string.orNull, "Why nothing is called any more."),
  ]

  private static let delivery = Schema.object([
    .always("id", .string), .always("webhook", .identifier("whk")),
    .always("message_id", .string, "`webhook-id`: the same each time it is sent."),
    .always("type", .string, "`run.` and the kind of event, or `test`."),
    .always("run", Schema.string.orNull),
    .always("state", .oneOf(DeliveryRecord.State.allCases.map(\.rawValue))),
    .always("attempts", .integer(0...Int.max)),
    .always("status", Schema.integer(100...599).orNull, "Of the last answer."),
    .always("error", Schema.string.orNull, "What was wrong the last time."),
    .always("payload", .anything, "The body that is sent."),
    .always("next_attempt_at", Schema.time.orNull), .always("created_at", .time),
    .always("ended_at", Schema.time.orNull),
  ])
}
