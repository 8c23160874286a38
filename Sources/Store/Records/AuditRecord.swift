/// A request that changed something, or was refused to.
public struct AuditRecord: Hashable, Sendable {
  /// Grows with every record; 0 before it is stored.
  public let id: Int64
  /// Milliseconds since 1970.
  public let at: Int
  /// As in `X-Request-Id`.
  public let request: String
  public let caller: Caller
  /// The peer's address.
  public let client: String?
  /// The operation's name in `openapi.yaml`.
  public let operation: String
  /// The address without its query.
  public let path: String
  public let status: Int
  /// The id of what was made.
  public let made: String?

  public init(
    id: Int64 = 0, at: Int? = nil, request: String, caller: Caller, client: String?,
    operation: String, path: String, status: Int, made: String?
  ) {
    self.id = id
    self.at = at ?? Store.now()
    self.request = request
    self.caller = caller
    self.client = client
    self.operation = operation
    self.path = path
    self.status = status
    self.made = made
  }
}
