import Dispatch
import Synchronization
import Testing

@testable import Runs

@Suite struct BlockingWorkTests {
  /// Counts how many are inside, and keeps them there until it is opened.
  private final class Gate: Sendable {
    private let counts = Mutex((inside: 0, most: 0))
    private let semaphore = DispatchSemaphore(value: 0)

    var inside: Int { counts.withLock { $0.inside } }
    var most: Int { counts.withLock { $0.most } }

    func pass() {
      counts.withLock {
        $0.inside += 1
        $0.most = max($0.most, $0.inside)
      }
      semaphore.wait()
      counts.withLock { $0.inside -= 1 }
    }

    func open(for count: Int) { for _ in 0..<count { semaphore.signal() } }
  }

  @Test("so many run at once, so many wait, and the rest are refused")
  func bounds() async throws {
    let work = BlockingWork(label: "test", concurrent: 2, waiting: 3)
    let gate = Gate()
    let answers = try await withThrowingTaskGroup(of: RunError.Code?.self) { group in
      for _ in 0..<9 {
        group.addTask {
          do {
            try await work.run { gate.pass() }
            return nil
          } catch {
            return (error as? RunError)?.code
          }
        }
      }
      // Those that are refused come back at once, the others when the gate opens.
      var answers: [RunError.Code?] = []
      for try await answer in group {
        answers.append(answer)
        if answers.count == 4 {
          try await eventually { gate.inside == 2 }
          gate.open(for: 5)
        }
      }
      return answers
    }
    #expect(answers == [.queueFull, .queueFull, .queueFull, .queueFull, nil, nil, nil, nil, nil])
    #expect(gate.most == 2)
    #expect(try await work.run { 7 } == 7)
  }

  @Test("an error is handed on, and its place is free again")
  func errors() async throws {
    let work = BlockingWork(label: "test", concurrent: 1, waiting: 0)
    let error = RunError(.draining, "going down")
    for _ in 0..<3 {
      await #expect(throws: error) { try await work.run { throw error } }
    }
    #expect(try await work.run { 7 } == 7)
  }
}
