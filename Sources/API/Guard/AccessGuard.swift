import Access
import Dispatch
import HTTP
import Store

/// Lets requests in: by their key, its scopes and its rate.
struct AccessGuard: Sendable {
  let keys: KeyRing
  /// Whether a request without a key is refused; else it may do everything, in the project `default`.
  let isKeyRequired: Bool

  /// A request that was let in.
  struct Admission: Sendable {
    let caller: Caller
    var allowance: RequestAllowance?
    /// Why the key, which is one, doesn't allow it.
    var refusal: Problem?
  }

  /// - Throws: 401 without a key that may be used, 429 for one that asks too often.
  func admit(_ endpoint: Endpoint, _ request: Request) throws(Problem) -> Admission {
    let audience = endpoint.requiredAudience
    guard let key = try key(of: request, audience) else {
      return Admission(caller: Caller())
    }
    let allowance = keys.takeRequest(of: key, at: Self.now())
    if let allowance, !allowance.isAllowed {
      let problem = Problem(
        .rateLimited,
        "the key may ask \(allowance.perSecond) times a second (its quota requests_per_second)")
      throw Self.headers(of: allowance).reduce(
        problem.with(header: "Retry-After", "\(max(1, Int(allowance.secondsToNext.rounded(.up))))")
      ) { $0.with(header: $1.0, $1.1) }
    }
    var admission = Admission(caller: key.caller, allowance: allowance)
    if case .scope(let scope) = audience, !key.scopes.allow(scope) {
      admission.refusal = Self.refusal(endpoint, scope, key)
    }
    return admission
  }

  private static func refusal(
    _ endpoint: Endpoint, _ scope: AccessScope, _ key: AccessKey
  ) -> Problem {
    Problem(
      .forbidden,
      "\(endpoint.operationID) needs a key with the scope \(scope.rawValue); this one has "
        + key.scopes.sorted().map(\.rawValue).joined(separator: ", ")
    ).with(
      header: "WWW-Authenticate",
      "\(challenge), error=\"insufficient_scope\", scope=\"\(scope.rawValue)\"")
  }

  /// Of RFC 6750, section 3.
  private static let challenge = "Bearer realm=\"chainrule\""

  /// Seconds on a clock that never goes back.
  private static func now() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
  }

  /// The key that a request brings; `nil` where it brings none and needs none.
  private func key(
    of request: Request, _ audience: Endpoint.Audience
  ) throws(Problem) -> AccessKey? {
    let given = request.headers.all("Authorization")
    // What everyone may see isn't refused to whoever has a key that is over.
    if audience == .everyone { return nil }
    if given.isEmpty {
      guard isKeyRequired else { return nil }
      throw Problem(
        .unauthorized, "this needs a key; send it as Authorization: Bearer chainrule_…"
      ).with(header: "WWW-Authenticate", Self.challenge)
    }
    guard given.count == 1, let token = Self.token(given[0]), let key = keys.authenticate(token)
    else {
      throw Problem(
        .unauthorized,
        "Authorization brings no key that may be used: it is unknown, was revoked, or its time is over"
      ).with(header: "WWW-Authenticate", "\(Self.challenge), error=\"invalid_token\"")
    }
    return key
  }

  /// The credentials of the scheme `Bearer` (RFC 6750, section 2.1); other ways to send a key end up in logs.
  private static func token(_ header: String) -> String? {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].trimmingSpaces())
  }

  /// What is left of the key's requests, as the draft on RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-08)
  /// has it.
  static func headers(of allowance: RequestAllowance) -> [(String, String)] {
    let wait = allowance.left > 0 ? 0 : max(1, Int(allowance.secondsToNext.rounded(.up)))
    return [
      ("RateLimit-Policy", "\"requests\";q=\(allowance.perSecond);w=1"),
      ("RateLimit", "\"requests\";r=\(allowance.left);t=\(wait)"),
    ]
  }
}
