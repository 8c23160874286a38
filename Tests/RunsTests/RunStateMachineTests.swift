@testable import Runs
import Store
import Testing

@Suite struct RunStateMachineTests {
  typealias Event = RunStateMachine.Event
  typealias Action = RunStateMachine.Action

  /// Every state and event that go together, with what must follow; all others are illegal.
  static let legal: [(RunState, Event, RunState, [Action])] = [
    (.queued, .claim, .running, [.record(.running)]),
    (.queued, .requestCancel, .cancelled, [.record(.cancelled)]),
    (.running, .requestCancel, .running, [.ask(.cancel)]),
    (.running, .requestStop, .running, [.ask(.stop)]),
    (.running, .requestPause, .running, [.ask(.pause)]),
    (.running, .complete, .succeeded, [.record(.succeeded)]),
    (.running, .stopEarly, .succeeded, [.record(.succeeded)]),
    (.running, .stopped, .succeeded, [.record(.succeeded)]),
    (.running, .cancelled, .cancelled, [.record(.cancelled)]),
    (.running, .paused, .paused, [.record(.paused)]),
    (.running, .fail, .failed, [.record(.failed)]),
    (.running, .serverRestart, .queued, [.record(.queued), .wakeLanes]),
    (.running, .giveBack, .queued, [.record(.queued), .wakeLanes]),
    (.queued, .expire, .cancelled, [.record(.cancelled)]),
    (.paused, .requestCancel, .cancelled, [.record(.cancelled)]),
    (.paused, .requestStop, .succeeded, [.record(.succeeded)]),
    (.paused, .requestPause, .paused, []),
    (.paused, .resume, .queued, [.record(.queued), .wakeLanes]),
    (.cancelled, .requestCancel, .cancelled, []),
  ]

  @Test("every state answers every event as the table says")
  func wholeTable() throws {
    for state in RunState.allCases {
      for event in Event.allCases {
        var machine = RunStateMachine(state: state)
        if let row = Self.legal.first(where: { $0.0 == state && $0.1 == event }) {
          #expect(try machine.handle(event) == row.3, "\(state) \(event)")
          #expect(machine.state == row.2, "\(state) \(event)")
        } else {
          #expect(throws: RunStateMachine.IllegalTransition(state: state, event: event)) {
            try machine.handle(event)
          }
          #expect(machine.state == state)
        }
      }
    }
  }

  @Test("nothing leaves an end state")
  func endStatesAreFinal() {
    for state in [RunState.succeeded, .failed, .cancelled] {
      for event in Event.allCases {
        var machine = RunStateMachine(state: state)
        _ = try? machine.handle(event)
        #expect(machine.state == state)
      }
    }
  }
}
