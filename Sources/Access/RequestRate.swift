/// A bucket of tokens: a request takes one, and so many a second come back, up to as many as fill it.
struct RequestRate: Sendable {
  private let perSecond: Double
  private var tokens: Double
  private var filledAt: Double

  /// - Parameter now: seconds on a clock that never goes back.
  init(perSecond: Int, now: Double) {
    self.perSecond = Double(perSecond)
    tokens = Double(perSecond)
    filledAt = now
  }

  /// Takes a token, if there is one.
  mutating func take(at now: Double) -> RequestAllowance {
    tokens = min(perSecond, tokens + max(0, now - filledAt) * perSecond)
    filledAt = now
    let isAllowed = tokens >= 1
    if isAllowed { tokens -= 1 }
    let missing = max(0, 1 - tokens) / perSecond
    return RequestAllowance(
      isAllowed: isAllowed, perSecond: Int(perSecond), left: Int(tokens),
      secondsToNext: missing)
  }
}

/// What is left of a key's requests.
public struct RequestAllowance: Hashable, Sendable {
  public let isAllowed: Bool
  public let perSecond: Int
  /// Requests that may come at once now.
  public let left: Int
  /// Until another may come when none is left.
  public let secondsToNext: Double
}
