/// The `Idempotency-Key` of the request under way, and what the request is.
///
/// Whatever the request makes notes the key in its own transaction, so that no death of the server comes between: asked
/// again, the request finds what it made.
public struct RequestKey: Hashable, Sendable {
  @TaskLocal public static var current: RequestKey?

  public let key: String
  /// Whose the key is.
  let project = Caller.owner.project
  /// Of the method, the path and the body.
  public let requestDigest: String

  public init(key: String, requestDigest: String) {
    self.key = key
    self.requestDigest = requestDigest
  }
}
