import Store

/// A run's events after a cursor, and then the ones to come, as they commit.
///
/// Ends after the run's `end`. One that reads all runs that its caller sees ends when the server closes. A reader that is
/// slow skips `step` events that newer ones have overtaken, and nothing else.
public struct RunEventStream: AsyncSequence, Sendable {
  public typealias Element = RunEvent

  let store: Store
  let hub: ProgressHub
  let run: RunID?
  let cursor: Int64
  /// Whose runs are told of; all with `nil`.
  var caller: Caller?

  public func makeAsyncIterator() -> Iterator { Iterator(stream: self, cursor: cursor) }

  public struct Iterator: AsyncIteratorProtocol {
    /// Events read at once.
    private static let pageLength = 256
    /// Runs of which it is remembered whether the caller sees them.
    private static let mostRemembered = 4096

    let stream: RunEventStream
    var cursor: Int64
    private var page: ArraySlice<RunEvent> = []
    private var hasEnded = false
    private var isSeen: [RunID: Bool] = [:]

    init(stream: RunEventStream, cursor: Int64) {
      self.stream = stream
      self.cursor = cursor
    }

    public mutating func next() async throws -> RunEvent? {
      while !hasEnded {
        if let event = page.popFirst() {
          // What was read isn't kept while nothing new comes.
          if page.isEmpty { page = [] }
          if stream.run != nil, event.kind == .end { hasEnded = true }
          return event
        }
        if Task.isCancelled { return nil }
        let events = try await read()
        if let last = events.last {
          cursor = Swift.max(cursor, last.id)
          page = ArraySlice(try await seen(Self.thinned(events)))
        } else if stream.hub.isClosed {
          return nil
        } else {
          await stream.hub.wait(for: stream.run, after: cursor)
        }
      }
      return nil
    }

    private mutating func read() async throws -> [RunEvent] {
      let limit = Self.pageLength
      if let recent = stream.hub.recent(of: stream.run, after: cursor, limit: limit) {
        return recent
      }
      // The store is read after the floor, so it shows every event up to there; once it has no more,
      // the ring goes on from the floor. Else a run that is silent would be asked for without end.
      let floor = stream.hub.floor
      let stored = try await Caller.$current.withValue(stream.caller) {
        try await stream.store.events.read(run: stream.run, after: cursor, limit: limit)
      }
      cursor = stored.count < limit ? Swift.max(floor, cursor) : cursor
      return stored.compactMap(RunEvent.init)
    }

    /// Those of runs of the caller's project; the hub tells of all.
    private mutating func seen(_ events: [RunEvent]) async throws -> [RunEvent] {
      guard stream.run == nil, let caller = stream.caller else { return events }
      var own: [RunEvent] = []
      for event in events {
        if isSeen[event.run] == nil {
          if isSeen.count >= Self.mostRemembered { isSeen = [:] }
          isSeen[event.run] = try await Caller.$current.withValue(caller) {
            try await stream.store.runs.get(event.run) != nil
          }
        }
        if isSeen[event.run] == true { own.append(event) }
      }
      return own
    }

    /// A full page means that the reader is far behind: of the steps in it the last one will do.
    private static func thinned(_ events: [RunEvent]) -> [RunEvent] {
      guard events.count == pageLength else { return events }
      var last: [RunID: Int64] = [:]
      for event in events where event.kind.isDroppable { last[event.run] = event.id }
      return events.filter { !$0.kind.isDroppable || last[$0.run] == $0.id }
    }
  }
}

extension RunEvent {
  /// `nil` for a kind that this version doesn't know.
  init?(_ stored: StoredEvent) {
    guard let kind = Kind(rawValue: stored.kind) else { return nil }
    self.init(id: stored.id, run: stored.run, kind: kind, data: stored.data)
  }
}
