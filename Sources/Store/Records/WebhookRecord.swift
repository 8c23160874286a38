/// An address that is called when something happens to a run.
public struct WebhookRecord: Hashable, Sendable {
  public let id: WebhookID
  public let name: String
  public let url: String
  /// Kinds of events, as a JSON array.
  public let events: String
  /// What calls are signed with, as clients know it: `whsec_` and Base64.
  public let secret: String
  /// Milliseconds since 1970, as all times.
  public let createdAt: Int
  /// Why nothing is called any more.
  public var disabled: String?

  public init(
    id: WebhookID = .make(), name: String, url: String, events: String, secret: String,
    createdAt: Int? = nil, disabled: String? = nil
  ) {
    self.id = id
    self.name = name
    self.url = url
    self.events = events
    self.secret = secret
    self.createdAt = createdAt ?? Store.now()
    self.disabled = disabled
  }
}

/// A call of a webhook: to be made, made, or given up.
public struct DeliveryRecord: Hashable, Sendable {
  public enum State: String, Hashable, Sendable, CaseIterable {
    case pending, delivered, failed
  }

  public let id: Int64
  public let webhook: WebhookID
  /// The same each time it is sent, so that a receiver can tell what it has already.
  public let message: String
  public let type: String
  public let run: String?
  /// The body, as JSON.
  public let payload: String
  public var state: State
  public var attempts: Int
  /// When it is to be sent.
  public var dueAt: Int
  /// Of the last answer.
  public var status: Int?
  public var error: String?
  public let createdAt: Int
  public var endedAt: Int?

  public init(
    id: Int64, webhook: WebhookID, message: String, type: String, run: String?, payload: String,
    state: State, attempts: Int, dueAt: Int, status: Int? = nil, error: String? = nil,
    createdAt: Int, endedAt: Int? = nil
  ) {
    self.id = id
    self.webhook = webhook
    self.message = message
    self.type = type
    self.run = run
    self.payload = payload
    self.state = state
    self.attempts = attempts
    self.dueAt = dueAt
    self.status = status
    self.error = error
    self.createdAt = createdAt
    self.endedAt = endedAt
  }
}
