/// How long to leave alone what failed again and again: a second, two, four, … half a minute.
struct Backoff: Sendable {
  static let longest = 30.0

  private var pause = 1.0
  private var due = 0.0

  func isDue(at now: Double) -> Bool { now >= due }

  /// It failed once more.
  mutating func lengthen(at now: Double) {
    due = now + pause
    pause = min(pause * 2, Self.longest)
  }
}
