import Foundation
import JSON
import Store
import Testing
import Training

@testable import Runs

@Suite struct RangeTestRunTests {
  private func request(_ dataset: DatasetID, _ members: JSON = [:]) -> JSON {
    let base: JSON = [
      "mode": "lr_range_test",
      "training": ["epochs": .null, "optimizer": ["type": "sgd"], "metrics": .null],
    ]
    return RunService.merged(
      RunService.merged(Bench.request(dataset, ["batch_size": 20]), base), members)
  }

  @Test("a range test succeeds, and its curve is that of a loop over what the store has")
  func curve() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let run = try await bench.service.submit(
      request(try await bench.dataset(), ["lr_range_test": ["max": 1e4, "steps": 120]]))
    let ended = try await bench.wait(run.id)
    #expect(ended.state == .succeeded, "\(ended.error ?? "")")
    let answer = try await bench.service.learningRateRange(ended)
    let losses = try await bench.losses(run.id)
    let points = try #require(answer["points"]?.array)
    #expect(points.count == losses.count && points.count == ended.progress.step)
    #expect(answer["taken"]?.integer == points.count)
    var mean = 0.0
    for (index, point) in points.enumerated() {
      let loss = try #require(losses[index])
      mean = 0.98 * mean + 0.02 * loss
      let smoothed = mean / (1 - pow(0.98, Double(index + 1)))
      #expect(point[0]?.integer == index + 1 && point[2]?.double == loss)
      let rate = 1e-7 * pow(1e11, Double(index) / 119)
      #expect(abs((point[1]?.double ?? 0) - rate) < 1e-9 * rate)
      #expect(abs((point[3]?.double ?? 0) - smoothed) < 1e-9)
    }
    // The run's own object tells the same.
    let json = try await bench.service.json(ended)
    #expect(json["mode"] == "lr_range_test")
    #expect(json["lr_range"]?["suggestions"] == answer["suggestions"])
    #expect(json["lr_range"]?["suggested_learning_rate"] == answer["suggested_learning_rate"])
    // Its weights are those it began with.
    #expect(try await bench.weights(run.id) == bench.weights(run.id, "initial"))
    await bench.stop()
  }

  @Test("a clone of a run becomes a range test, and one of a range test a run again")
  func clones() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let run = try await bench.service.submit(Bench.request(try await bench.dataset()))
    let test = try await bench.service.clone(
      run.id, overrides: ["mode": "lr_range_test", "training": ["epochs": .null]])
    #expect(try await bench.wait(test.id).state == .succeeded)
    let again = try await bench.service.clone(
      test.id, overrides: ["mode": "train", "training": ["epochs": 1]])
    let ended = try await bench.wait(again.id)
    #expect(ended.state == .succeeded && ended.progress.epoch == 1)
    await #expect(throws: RunError.self) { try await bench.service.learningRateRange(ended) }
    await bench.stop()
  }

  @Test("what contradicts the mode is refused with its pointer, all at once")
  func refuses() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let dataset = try await bench.dataset()
    for (members, pointers) in [
      (["mode": "lr_test", "training": ["epochs": 1]], ["/mode"]),
      (["lr_range_test": ["max": 1e-9]], ["/lr_range_test/max"]),
      (
        [
          "training": ["epochs": 2, "early_stopping": ["patience": 1]],
          "on_finding": ["divergence": "stop"],
        ],
        [
          "/training/epochs", "/training/early_stopping", "/training/early_stopping/patience",
          "/on_finding",
        ]
      ),
      (
        ["dataset": ["train": .string(dataset.rawValue), "test": .string(dataset.rawValue)]],
        ["/dataset/test"]
      ),
      (
        ["mode": "train", "training": ["epochs": 1], "lr_range_test": ["steps": 20]],
        ["/lr_range_test"]
      ),
    ] as [(JSON, [String])] {
      do {
        _ = try await bench.service.submit(request(dataset, members))
        Issue.record("\(members) was accepted")
      } catch let faults as Faults {
        #expect(faults.all.map(\.pointer).sorted() == pointers.sorted(), "\(faults)")
      }
    }
    await bench.stop()
  }

  @Test("a paused run's new schedule is looked at before the run is queued")
  func amendments() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let run = try await bench.service.submit(
      Bench.request(try await bench.dataset(), ["epochs": 100_000]))
    _ = try await bench.wait(run.id, [.running])
    _ = try await bench.service.pause(run.id)
    let paused = try await bench.wait(run.id, [.paused])
    for (training, pointer) in [
      (
        ["schedule": ["type": "one_cycle", "cycle_epochs": 200_000]],
        "/training/schedule/cycle_epochs"
      ),
      (["schedule": ["expression": "-step"]], "/training/schedule/expression"),
      (["schedule": "reduce_on_plateau"], "/training/schedule/monitor"),
    ] as [(JSON, String)] {
      do {
        _ = try await bench.service.resume(run.id, changes: ["training": training])
        Issue.record("\(training) was taken")
      } catch let faults as Faults {
        #expect(faults.all.map(\.pointer) == [pointer])
      }
    }
    #expect(try await bench.store.runs.get(run.id)?.state == .paused)
    _ = try await bench.service.resume(
      run.id,
      changes: [
        "training": [
          "epochs": .integer(paused.progress.epoch + 2),
          "schedule": ["type": "reduce_on_plateau", "monitor": "train_loss", "patience": 0],
        ]
      ])
    #expect(try await bench.wait(run.id).state == .succeeded)
    await bench.stop()
  }
}
