import Store

extension RunService {
  /// A run's events after an id, or with `nil` from its first; of all runs, from now on, without a run.
  public func events(of run: RunID?, after id: Int64?) -> RunEventStream {
    let beginning = run == nil ? hub.newestID : 0
    return RunEventStream(
      store: store, hub: hub, run: run, cursor: id ?? beginning, caller: Caller.current)
  }

  /// The id of the newest event of all runs.
  public var newestEvent: Int64 { hub.newestID }

  /// Returns when something was told of a run after an event, or the time is up.
  public func news(of run: RunID, after id: Int64, within time: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.hub.wait(for: run, after: id) }
      group.addTask { try? await Task.sleep(for: time) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Whether a run has told all it ever will up to an id: it is over, and the reader has seen its end.
  public func hasEnded(_ run: RunRecord, at id: Int64) throws -> Bool {
    guard run.state.isOver, let last = try store.events.newest(of: run.id, limit: 1).first else {
      return false
    }
    return id >= last.id
  }
}
