/// How long a client waits for a server that went away: it looks again each second, for two minutes.
struct Patience {
  private static let pause = Duration.seconds(1)
  private static let longest = Duration.seconds(120)

  private var since: ContinuousClock.Instant?

  /// The server is there.
  mutating func end() { since = nil }

  /// Waits before the next look.
  ///
  /// - Parameter status: of an answer that passes by itself too, beside 503.
  /// - Throws: the failure, when it doesn't pass or lasted too long.
  mutating func wait(after failure: APIFailure, orOn status: Int? = nil) async throws {
    let passes = failure.status.map { [503, status].contains($0) } ?? false
    guard failure.isUnreachable || passes else { throw failure }
    let first = since ?? .now
    since = first
    if .now - first > Self.longest { throw failure }
    try await Self.pause()
  }

  static func pause() async throws { try await Task.sleep(for: pause) }
}
