import Foundation
import JSON
import Store
import Testing

@testable import Runs

@Suite struct AmendmentTests {
  /// A run that was paused somewhere.
  private func paused(_ bench: Bench, _ training: JSON = ["epochs": 100_000]) async throws
    -> RunRecord
  {
    try await bench.service.start()
    let run = try await bench.service.submit(
      Bench.request(try await bench.dataset(), training))
    _ = try await bench.wait(run.id, [.running])
    for _ in 0..<500 where try await bench.store.runs.get(run.id)?.progress.step == 0 {
      try await Task.sleep(for: .milliseconds(10))
    }
    _ = try await bench.service.pause(run.id)
    return try await bench.wait(run.id, [.paused])
  }

  @Test("a paused run goes on longer or shorter and at another rate, and says so")
  func changes() async throws {
    let bench = try Bench()
    let run = try await paused(bench)
    let epochs = run.progress.epoch + 2
    _ = try await bench.service.resume(
      run.id,
      changes: [
        "training": ["epochs": .integer(epochs), "optimizer": ["learning_rate": 0.25]],
        "max_seconds": 1000,
      ])
    let ended = try await bench.wait(run.id)
    #expect(ended.state == .succeeded && ended.progress.epoch == epochs)
    let json = try await bench.service.json(ended)
    let amendment = json["amendments"]?.array?.first
    #expect(amendment?["step"]?.integer == run.progress.step)
    #expect(amendment?["changes"]?["training"]?["optimizer"] == ["learning_rate": 0.25])
    #expect(json["training"]?["optimizer"] == ["type": "adam", "learning_rate": 0.25])
    let rates = try await bench.store.history.points(
      run.id, series: "learning_rate", after: run.progress.step - 1, through: .max, limit: 2)
    #expect(rates.map(\.value) == [0.001, 0.25])
    await bench.stop()
  }

  @Test("steps take the place of epochs")
  func steps() async throws {
    let bench = try Bench()
    let run = try await paused(bench)
    let steps = run.progress.step + 7
    _ = try await bench.service.resume(run.id, changes: ["training": ["steps": .integer(steps)]])
    #expect(try await bench.wait(run.id).progress.step == steps)
    await bench.stop()
  }

  @Test("what can't be changed is told, and the run waits on")
  func faults() async throws {
    let bench = try Bench()
    let run = try await paused(bench)
    for (changes, pointer, words) in [
      (["training": ["loss": "mse"]], "/training/loss", "clone"),
      (["model": [:]], "/model", "clone"),
      (["training": ["epoch": 3]], "/training/epoch", "epochs"),
      (["training": ["optimizer": ["type": "sgd"]]], "/training/optimizer/type", "memory"),
      (["training": ["steps": 1]], "/training/steps", "has taken"),
      (
        ["training": ["optimizer": ["learning_rate": "fast"]]], "/training/optimizer/learning_rate",
        "number"
      ),
      ([], "", "object"),
    ] as [(JSON, String, String)] {
      do {
        _ = try await bench.service.resume(run.id, changes: changes)
        Issue.record("\(changes) was taken")
      } catch let faults as Faults {
        #expect(faults.all.first?.pointer == pointer)
        #expect(faults.all.first?.detail.contains(words) == true, "\(faults)")
      }
    }
    let waiting = try await bench.store.runs.get(run.id)
    #expect(waiting?.state == .paused && waiting?.amendments == "[]")
    await bench.stop()
  }
}
