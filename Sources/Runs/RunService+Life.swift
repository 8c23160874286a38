import Foundation
import JSON
import Store
import Training

extension RunService {
  /// Ends a run as `cancelled`; a run that is cancelled already stays so.
  public func cancel(_ id: RunID) async throws -> RunRecord {
    try await request(.requestCancel, of: id, reason: .cancelled)
  }

  /// Ends a run now and keeps it, with its weights, as `succeeded`.
  public func stop(_ id: RunID) async throws -> RunRecord {
    try await request(.requestStop, of: id, reason: .stopped)
  }

  /// Has a run keep its state after the present step, and gives its lane to another.
  public func pause(_ id: RunID) async throws -> RunRecord {
    try await request(.requestPause, of: id, reason: nil)
  }

  /// Queues a paused run again; it goes on where it was, with what the body changes.
  ///
  /// - Throws: `Faults` for what can't be changed.
  public func resume(_ id: RunID, changes: JSON = [:]) async throws -> RunRecord {
    try await check(changes, of: id)
    return try await request(.resume, of: id, reason: nil) { run in
      var change = RunChange()
      if changes == [:] { return change }
      let amendment = try Amendment(changes, of: run)
      var needs = RunNeeds(of: run)
      needs.threads = amendment.amended.training.threads
      needs.deadline = amendment.amended.deadline
      change.request = "\(amendment.request)"
      change.needs = "\(needs.json)"
      change.amendments = "\(amendment.appended(to: run))"
      return change
    }
  }

  /// Finds what the changes of a paused run make of it that doesn't go with its model and its data.
  private func check(_ changes: JSON, of id: RunID) async throws {
    guard changes != [:], let run = try await store.runs.get(id), run.state == .paused else {
      return
    }
    let amended = try Amendment(changes, of: run).amended
    var faults = Faults()
    guard let data = try await data(of: amended, &faults)?.data else { throw faults }
    try data.faults(model: amended.inlineModel(), configuration: amended.training).check()
  }

  private func request(
    _ event: RunStateMachine.Event, of id: RunID, reason: StateReason?,
    _ change: (RunRecord) throws -> RunChange = { _ in RunChange() }
  ) async throws -> RunRecord {
    // A run may move on between being read and being changed; then it is looked at again.
    for _ in 0..<100 {
      guard let run = try await store.runs.get(id) else { throw notFound(id) }
      // It was asked before, and begins again only to do it.
      if run.state == .queued, run.wish == .stop, event == .requestStop { return run }
      var machine = RunStateMachine(state: run.state)
      let actions: [RunStateMachine.Action]
      do {
        actions = try machine.handle(event)
      } catch {
        throw RunError(.illegalTransition, Self.explanation(of: error, run))
      }
      guard !actions.isEmpty else { return run }
      for action in actions {
        switch action {
        case .record:
          let moved = try transition(run, event, reason: reason, change: change(run))
          if let moved { return moved }
        case .ask(let wish):
          if let asked = try await store.runs.ask(wish, of: id) {
            // A lane that is about to begin it looks for itself.
            if asked.isNews { active.withLock { $0[id] }?.request(TrainingControl.Request(wish)) }
            return asked.run
          }
        case .wakeLanes:
          wakeLanes()
        }
      }
    }
    throw RunError(.illegalTransition, "run \(id) changes faster than it can be asked; try again")
  }

  /// Moves a run that an attempt is done with, as it stands; again when it was changed since it was seen.
  ///
  /// - Parameter move: answers `nil` for a run that no longer stands where it was seen.
  func settle(_ run: RunRecord, _ move: (RunRecord) throws -> RunRecord?) throws {
    while let current = try store.runs.getAndWait(run.id), current.attempt == run.attempt,
      current.state == .running
    {
      if try move(current) != nil { return }
    }
  }

  /// Queues a run again whose attempt ended before its training; one that was asked to pause or to cancel does that instead,
  /// and one that was asked to stop comes again to where it was and stops there.
  ///
  /// - Returns: the run, or `nil` when it no longer stands where it was seen.
  @discardableResult
  func takeBack(
    _ run: RunRecord, _ event: RunStateMachine.Event, reason: StateReason?,
    change: RunChange = RunChange()
  ) throws -> RunRecord? {
    switch run.wish {
    case .cancel: try transition(run, .cancelled, reason: .cancelled, change: change)
    case .pause: try transition(run, .paused, reason: nil, change: change)
    case .stop, nil: try transition(run, event, reason: reason, change: change)
    }
  }

  private static func explanation(
    of fault: RunStateMachine.IllegalTransition, _ run: RunRecord
  ) -> String {
    let wish =
      switch fault.event {
      case .requestCancel: "cancelled"
      case .requestStop: "stopped"
      case .requestPause: "paused"
      case .resume: "resumed"
      case .expire: "given up"
      default: fault.event == .claim ? "started" : "ended"
      }
    let remedy =
      switch (fault.state, fault.event) {
      case (.queued, .requestStop): "; it has no weights to keep yet, cancel it instead"
      case (.queued, .requestPause): "; it hasn't begun"
      case (.succeeded, _), (.failed, _), (.cancelled, _): "; it is over"
      default: ""
      }
    return "run \(run.id) is \(fault.state.rawValue) and can't be \(wish)\(remedy)"
  }

  /// Carries an event out that changes the state: the row, its events, the lanes.
  ///
  /// - Returns: the run, or `nil` when it no longer stands where it was seen.
  @discardableResult
  func transition(
    _ run: RunRecord, _ event: RunStateMachine.Event, reason: StateReason?, error: JSON? = nil,
    change: RunChange = RunChange()
  ) throws -> RunRecord? {
    var machine = RunStateMachine(state: run.state)
    let actions = try machine.handle(event)
    let state = machine.state
    let moved = try store.runs.move(
      run, to: state, reason: reason, error: error.map { "\($0)" }, change: change,
      events: { $0.stateEvents }, committed: hub.publish)
    if let moved { queueMoved(moved) }
    if moved != nil, actions.contains(.wakeLanes) { wakeLanes() }
    return moved
  }

  /// JSON that we stored ourselves.
  static func parsed(_ text: String?) -> JSON {
    text.flatMap { try? JSON(parsing: $0) } ?? .null
  }

  func notFound(_ id: RunID) -> RunError { RunError(.notFound, "there is no run \"\(id)\"") }

  /// Changes a run's name, tags or priority.
  ///
  /// - Throws: `Faults` for a body that says anything else.
  public func update(_ id: RunID, body: JSON) async throws -> RunRecord {
    var reader = ObjectReader(body)
    let name = RunRequest.name(&reader)
    let hasName = reader.object["name"] != nil
    let tags = reader.object["tags"] == nil ? nil : RunRequest.tags(&reader)
    let priority = reader.integer("priority", in: RunRequest.priorities)
    try reader.finish().check()
    let run = try await store.runs.update(
      id, name: hasName ? .some(name) : .none, tags: tags.map(RunRequest.encoded),
      priority: priority)
    if run.state == .queued { queueMoved(run) }
    return run
  }

  /// Deletes a run that is over, with all it recorded.
  public func delete(_ id: RunID) async throws {
    try await store.runs.delete(id)
    housekeeping.wake()
  }
}

extension TrainingControl.Request {
  init(_ wish: RunWish) {
    switch wish {
    case .pause: self = .pause
    case .stop: self = .stop
    case .cancel: self = .cancel
    }
  }
}
