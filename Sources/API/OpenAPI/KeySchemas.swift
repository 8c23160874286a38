import Access
import JSON

/// The schemas of keys and of the audit log.
enum KeySchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("KeyRequest", request), ("KeyChange", change), ("Key", .object(key)),
      ("NewKey", .object(key + [token])), ("KeyWithUsage", .object(key + [usage])),
      ("KeyPage", Components.page(of: "Key")), ("KeyQuotas", quotas), ("AuditEntry", entry),
      ("AuditPage", Components.page(of: "AuditEntry")),
    ]
  }

  private static let scopes = Schema.array(
    .oneOf(AccessScope.allCases.map(\.rawValue)), count: 1...AccessScope.allCases.count)
  private static let name = Schema.string.with("minLength", 1).with(
    "maxLength", .integer(NewKey.longestName))
  private static let project = Schema.string.with("pattern", "^[a-z0-9][a-z0-9-]{0,62}$")

  private static let quotas = Schema.object(
    KeyQuotas.fields.map { .maybe($0.name, Schema($0).orNull) }, isClosed: true)

  private static let request = Schema.object(
    [
      .always("name", name, "For people."),
      .always(
        "scopes", scopes,
        "`read` looks and predicts, `write` keeps datasets, models and weights, `train` queues and ends runs, `admin` may do all and make keys."
      ),
      .maybe(
        "project", project, "What it sees and where it makes things; `default` when left out."),
      .maybe(
        "expires_at", Schema.time.orNull, "From when on it is of no use; never when left out."),
      .maybe("quotas", Schema.reference("KeyQuotas").orNull, "What it may use at most."),
    ], isClosed: true)

  private static let change = Schema.object(
    [
      .maybe("name", name), .maybe("expires_at", Schema.time.orNull),
      .maybe("quotas", Schema.reference("KeyQuotas").orNull),
    ], isClosed: true)

  private static let key: [Property] = [
    .always("id", .identifier("key")), .always("name", .string),
    .always("prefix", .string, "How its token begins, to recognise it by."),
    .always("project", .string), .always("scopes", scopes),
    .always("quotas", .reference("KeyQuotas"), "Those that are set."),
    .always("created_at", .time), .always("expires_at", Schema.time.orNull),
    .always("last_used_at", Schema.time.orNull), .always("revoked_at", Schema.time.orNull),
  ]
  private static let token = Property.always(
    "token", .string, "The key itself, shown this once: `Authorization: Bearer` takes it.")
  private static let count = Schema.integer(0...Int.max)
  private static let usage = Property.always(
    "usage",
    .object([
      .always("queued_runs", count), .always("running_runs", count),
      .always("paused_runs", count), .always("stored_bytes", count),
    ]))

  private static let entry = Schema.object([
    .always("id", count), .always("at", .time), .always("request_id", .string),
    .always("key", Schema.string.orNull, "`null` where no key was asked for."),
    .always("project", .string), .always("client", Schema.string.orNull, "The peer's address."),
    .always("operation", .string, "The operation's name in this document."),
    .always("path", .string), .always("status", .integer(100...599)),
    .always("made", Schema.string.orNull, "The id of what was made."),
  ])
}
