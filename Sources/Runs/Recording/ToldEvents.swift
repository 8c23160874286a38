import JSON

/// Which events of a run an earlier attempt has told already.
///
/// A run whose server died is trained again from a point before the last step it told of. It comes to
/// the same events, in the same bits; they must not be told twice, nor one be left out. Rows and
/// events commit in the order in which they happen, so all events before the last step told are
/// there, and only those of that step and after need to be looked up one by one.
struct ToldEvents {
  private let step: Int
  private let keys: Set<String>

  /// Nothing was told: the run's first attempt.
  static let none = ToldEvents(step: -1, keys: [])

  private init(step: Int, keys: Set<String>) {
    self.step = step
    self.keys = keys
  }

  /// - Parameters:
  ///   - step: the last step whose rows are in the store.
  ///   - newest: so many events of the run, or all there are, newest first.
  init(step: Int, newest: (_ count: Int) throws -> [RunEvent]) rethrows {
    self.step = step
    var count = 64
    while true {
      let events = try newest(count)
      let steps = events.map(ToldEvents.stepAndDetail)
      if events.count == count, !steps.contains(where: { $0.map { $0.step < step } ?? false }) {
        // Attempts that came to nothing tell of their states alone.
        count *= 4
        continue
      }
      keys = Set(
        zip(events, steps).compactMap { event, at in
          at.map { ToldEvents.key(event.kind, $0.step, $0.detail) }
        })
      return
    }
  }

  private static func stepAndDetail(_ event: RunEvent) -> (step: Int, detail: String)? {
    guard let data = try? JSON(parsing: event.data), let step = data["step"]?.integer else {
      return nil
    }
    return (step, (data["part"] ?? data["message"] ?? data["kind"])?.string ?? "")
  }

  func isNews(_ kind: RunEvent.Kind, step: Int, _ detail: String = "") -> Bool {
    step >= self.step && !keys.contains(ToldEvents.key(kind, step, detail))
  }

  private static func key(_ kind: RunEvent.Kind, _ step: Int, _ detail: String) -> String {
    "\(kind.rawValue)/\(step)/\(detail)"
  }
}
