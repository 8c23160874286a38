import Foundation
import JSON
import Store
import Synchronization
import Testing
import Training

@testable import Runs

@Suite struct WatchdogTests {
  private let id = RunID(trusted: "run_1")

  private func dog(_ control: TrainingControl, at time: Double = 0) -> Watchdog {
    var dog = Watchdog(stallSeconds: 60)
    dog.begin(id, attempt: 2, control, at: time)
    return dog
  }

  @Test("a run that never comes to a first step is seen after the seconds set, and once")
  func firstStep() {
    var dog = dog(TrainingControl(), at: 1000)
    #expect(dog.look(at: 1059).isEmpty)
    let seen = [Watchdog.Sight(run: id, attempt: 2, seconds: 60, usual: nil, isOver: false)]
    #expect(dog.look(at: 1060) == seen)
    #expect(dog.look(at: 5000).isEmpty)
  }

  @Test("a run whose steps take long is given twenty of them")
  func slowSteps() {
    let control = TrainingControl()
    var dog = dog(control)
    for step in 1...10 {
      control.beat()
      #expect(dog.look(at: Double(step) * 30).isEmpty)
    }
    #expect(dog.look(at: 300 + 599).isEmpty)
    let sight = dog.look(at: 300 + 600)
    #expect(sight.map(\.usual) == [30] && sight.map(\.seconds) == [600])
  }

  @Test("a run that moves again is told of, and may stall again")
  func movesAgain() {
    let control = TrainingControl()
    var dog = dog(control)
    control.beat()
    #expect(dog.look(at: 1).isEmpty)
    #expect(dog.look(at: 62).map(\.isOver) == [false])
    control.beat()
    let over = dog.look(at: 71)
    #expect(over.map(\.isOver) == [true] && over.map(\.seconds) == [70])
    #expect(dog.look(at: 72).isEmpty)
    // Its usual step is half of 71 seconds by now, and 20 of those pass.
    #expect(dog.look(at: 71 + 709).isEmpty)
    #expect(dog.look(at: 71 + 710).map(\.isOver) == [false])
  }

  @Test("what has ended isn't watched, and the end of an earlier attempt doesn't end the next")
  func ends() {
    let (first, second) = (TrainingControl(), TrainingControl())
    var dog = dog(first)
    dog.begin(id, attempt: 3, second, at: 10)
    #expect(dog.end(id, first, at: 20) == nil)
    #expect(dog.look(at: 100).map(\.attempt) == [3])
    let over = Watchdog.Sight(run: id, attempt: 3, seconds: 101, usual: nil, isOver: true)
    #expect(dog.end(id, second, at: 111) == over)
    #expect(dog.look(at: 1000).isEmpty)
  }

  /// Waits before it trains, until it is let go.
  private final class HeldExecutor: RunExecutor {
    let gate = DispatchSemaphore(value: 0)

    func execute(
      _ job: TrainingJob, control: TrainingControl, observer: any TrainingObserver
    ) throws -> Outcome {
      gate.wait()
      return try LocalExecutor().execute(job, control: control, observer: observer)
    }

    func examine(
      _ job: TrainingJob, step: Int, control: TrainingControl
    ) throws -> ExaminedStep? { nil }
  }

  @Test(
    "a run that stalls is told of in its findings, its log and its events; one that goes on has its finding resolved"
  )
  func service() async throws {
    let executor = HeldExecutor()
    let bench = try Bench(RunServiceConfiguration(stallSeconds: 0.2), executor: executor)
    try await bench.service.start()
    let run = try await bench.service.submit(
      Bench.request(try await bench.dataset(), ["epochs": 400]))
    var found: [StoredFinding] = []
    for _ in 0..<500 where found.isEmpty {
      found = try await bench.store.findings.list(run.id, rule: nil, severity: nil, limit: 10)
      try await Task.sleep(for: .milliseconds(10))
    }
    executor.gate.signal()
    let finding = try #require(found.first)
    #expect(found.map(\.rule) == ["stalled_training"])
    #expect(finding.data.contains("hasn't come to its first step"))
    #expect(try await bench.wait(run.id).state == .succeeded)
    let last = try await bench.store.findings.list(
      run.id, rule: "stalled_training", severity: nil, limit: 10)
    #expect(last.count == 1 && last[0].data.contains("\"resolved\":true"))
    let told = try await bench.events(run.id).filter { $0.kind == .finding }
    #expect(told.contains { $0.data.contains("stalled_training") })
    await bench.stop()
  }
}
