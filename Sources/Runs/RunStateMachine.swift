import Store

/// The life of one run: which event may follow which state, and what must then be done.
///
/// `queued → running → succeeded | failed | cancelled`, `running → paused → queued`, and
/// `running → queued` when the server that ran it died. A value without side effects: it answers
/// the actions, others carry them out.
public struct RunStateMachine: Hashable, Sendable {
  public private(set) var state: RunState

  public init(state: RunState) { self.state = state }

  /// What can happen to a run.
  public enum Event: Hashable, Sendable, CaseIterable {
    /// A lane takes it.
    case claim
    /// The client's wishes.
    case requestCancel, requestStop, requestPause, resume
    /// What the lane says when the training has ended.
    case complete, stopEarly, stopped, cancelled, paused, fail
    /// The server that ran it is no more.
    case serverRestart
    /// The lane gives it back, to go on later.
    case giveBack
    /// It can't begin any more.
    case expire
  }

  /// What the caller must do after an event.
  public enum Action: Hashable, Sendable {
    /// Record the new state.
    case record(RunState)
    /// Note the wish and tell the training lane; the state changes when it answers.
    case ask(RunWish)
    /// Wake a lane that has nothing to do.
    case wakeLanes
  }

  /// Thrown for an event that the state doesn't allow.
  public struct IllegalTransition: Error, Hashable, Sendable {
    public let state: RunState
    public let event: Event
  }

  public mutating func handle(_ event: Event) throws(IllegalTransition) -> [Action] {
    switch (state, event) {
    case (.queued, .claim):
      return move(to: .running)
    case (.queued, .requestCancel), (.paused, .requestCancel):
      return move(to: .cancelled)
    case (.running, .requestCancel):
      return [.ask(.cancel)]
    case (.cancelled, .requestCancel):
      return []
    case (.running, .requestStop):
      return [.ask(.stop)]
    case (.paused, .requestStop):
      return move(to: .succeeded)
    case (.running, .requestPause):
      return [.ask(.pause)]
    case (.paused, .requestPause):
      return []
    case (.paused, .resume):
      return move(to: .queued) + [.wakeLanes]
    case (.running, .complete), (.running, .stopEarly), (.running, .stopped):
      return move(to: .succeeded)
    case (.running, .cancelled):
      return move(to: .cancelled)
    case (.running, .paused):
      return move(to: .paused)
    case (.running, .fail):
      return move(to: .failed)
    case (.queued, .expire):
      return move(to: .cancelled)
    case (.running, .serverRestart), (.running, .giveBack):
      return move(to: .queued) + [.wakeLanes]
    default:
      throw IllegalTransition(state: state, event: event)
    }
  }

  private mutating func move(to next: RunState) -> [Action] {
    state = next
    return [.record(next)]
  }
}
