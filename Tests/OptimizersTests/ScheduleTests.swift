import Foundation
import JSON
import Optimizers
import Testing

@Suite struct ScheduleTests {
  static let fixture = Fixture.json("schedules.json")
  static let cases: [JSON] = fixture["schedules"]?.array ?? []

  @Test("every schedule of the catalog but reduce_on_plateau has its rates in the fixtures")
  func fixtures() {
    let types = Set(Self.cases.map { $0["schedule"]?["type"]?.string ?? "expression" })
    let all = Set(ScheduleCatalog.entries.map(\.type))
    #expect(types == all.subtracting(["reduce_on_plateau"]))
    #expect(Self.cases.allSatisfy { Fixture.numbers($0["factors"]).count == 200 })
  }

  @Test("rates are those of PyTorch's schedulers, warm-up included", arguments: cases)
  func matchesPyTorch(expected: JSON) throws {
    let schedule = try ScheduleCatalog.decode(#require(expected["schedule"]), pointer: "")
    let length = RunLength(
      steps: try #require(expected["total"]?.integer),
      stepsPerEpoch: try #require(expected["steps_per_epoch"]?.integer))
    #expect(schedule.faults(in: length).isEmpty)
    for (index, factor) in Fixture.numbers(expected["factors"]).enumerated() {
      let found = schedule.factor(step: index + 1, of: length)
      #expect(abs(found - factor) < 1e-12, "step \(index + 1) of \(schedule.json)")
    }
  }

  @Test("what a schedule says of itself is read as the same schedule", arguments: cases)
  func roundTrips(expected: JSON) throws {
    let schedule = try ScheduleCatalog.decode(#require(expected["schedule"]), pointer: "")
    let again = try ScheduleCatalog.decode(schedule.json, pointer: "")
    #expect(again.json == schedule.json)
    let length = RunLength(steps: 200, stepsPerEpoch: 8)
    for step in 1...200 {
      #expect(again.factor(step: step, of: length) == schedule.factor(step: step, of: length))
    }
  }

  @Test("the contract's cosine with 100 steps of warm-up does what it says")
  func contractExample() throws {
    let schedule = try ScheduleCatalog.decode(
      ["type": "cosine", "warmup_steps": 100], pointer: "")
    #expect(schedule.factor(step: 1, total: 1100) == 1.0 / 101)
    #expect(schedule.factor(step: 100, total: 1100) == 100.0 / 101)
    #expect(schedule.factor(step: 101, total: 1100) == 1)
    // Half of the 1,000 steps left: cos(π/2) = 0.
    #expect(abs(schedule.factor(step: 601, total: 1100) - 0.5) < 1e-15)
    #expect(abs(schedule.factor(step: 1100, total: 1100) - (1 + cos(.pi * 0.999)) / 2) < 1e-15)
  }

  @Test("a run shorter than its warm-up, or longer than planned, keeps finite rates")
  func edges() throws {
    for name in [
      "constant", "cosine", "linear", "polynomial", "one_cycle", "inverse_sqrt",
      "reduce_on_plateau",
    ] {
      let schedule = try ScheduleCatalog.decode(
        ["type": .string(name), "warmup_steps": 10], pointer: "")
      #expect(schedule.factor(step: 5, total: 5) == 5.0 / 11)
      #expect(schedule.factor(step: 11, total: 10).isFinite)
      #expect((0...1).contains(schedule.factor(step: 500, total: 100)))
    }
    for json in Self.cases {
      let schedule = try ScheduleCatalog.decode(json["schedule"] ?? .null, pointer: "")
      for total in [1, 2, 3] {
        for step in 1...4 {
          let factor = schedule.factor(step: step, of: RunLength(steps: total, stepsPerEpoch: 1))
          #expect((0...1).contains(factor), "step \(step) of \(total), \(schedule.json)")
        }
      }
    }
  }

  static let refusals: [(JSON, [String])] = [
    ("cosin", ["/s"]), (["type": "cosine", "warmup_steps": -1], ["/s/warmup_steps"]),
    (["type": "cosine", "final_fraction": 2], ["/s/final_fraction"]),
    (["type": "cosine", "decay_steps": 5, "decay_epochs": 5], ["/s/decay_epochs"]),
    (["type": "cosine", "warmup_steps": 5, "warmup_epochs": 5], ["/s/warmup_epochs"]),
    (
      ["type": "cosine", "warmup_shape": "linear", "warmup_start": 0.5],
      ["/s/warmup_shape", "/s/warmup_start"]
    ),
    (
      [
        "type": "cosine", "warmup_steps": 5, "warmup_shape": "exponential", "warmup_start": 0,
      ], ["/s/warmup_start"]
    ),
    (["type": "step"], ["/s/every_steps"]),
    (["type": "step", "every_steps": 0, "gama": 1], ["/s/every_steps", "/s/gama"]), (3, ["/s"]),
    (["type": "step", "every_steps": 3, "every_epochs": 1], ["/s/every_epochs"]),
    (["type": "multi_step"], ["/s/milestones"]),
    (["type": "multi_step", "milestones": []], ["/s/milestones"]),
    (["type": "multi_step", "milestones": [3, 3]], ["/s/milestones/1"]),
    (
      ["type": "multi_step", "milestones": [0, 9, 4, "x"]],
      [
        "/s/milestones/0", "/s/milestones/2", "/s/milestones/3",
      ]
    ),
    (["type": "multi_step", "milestones": [3], "epoch_milestones": [4]], ["/s/epoch_milestones"]),
    (["type": "exponential"], ["/s/gamma"]),
    (["type": "cosine_restarts"], ["/s/first_steps"]),
    (["type": "cosine_restarts", "first_steps": 4, "multiplier": 0], ["/s/multiplier"]),
    (["type": "one_cycle", "three_phase": true, "pct_start": 0.6], ["/s/pct_start"]),
    (["type": "cyclic", "up_steps": 3, "down_epochs": 4], ["/s/down_epochs"]),
    (["type": "cyclic", "up_steps": 3, "gamma": 0.5], ["/s/gamma"]),
    (["type": "noam"], ["/s/width"]),
    (
      ["type": "noam", "width": 8, "warmup_steps": 0, "warmup_shape": "linear"],
      ["/s/warmup_shape", "/s/warmup_shape", "/s/warmup_steps"]
    ),
    (
      ["type": "reduce_on_plateau", "min_fraction": 0.1, "min_learning_rate": 0.1],
      ["/s/min_fraction"]
    ),
    (["type": "reduce_on_plateau", "factor": 1], ["/s/factor"]),
    (["type": "reduce_on_plateau", "threshold": 2], ["/s/threshold"]),
    (["type": "expression"], ["/s/expression"]),
    (["expression": "stp / total"], ["/s/expression"]),
    (["expression": "(step"], ["/s/expression"]),
    (
      ["expression": "1 / step", "constants": ["a": 1, "step": 2, "b": "x"]],
      ["/s/constants/step", "/s/constants/b", "/s/constants/a"]
    ),
    (["type": "sequence"], ["/s/schedules", "/s/milestones"]),
    (
      ["type": "sequence", "schedules": ["cosine", "cosin"], "milestones": [4]],
      ["/s/schedules/1"]
    ),
    (
      ["type": "sequence", "schedules": ["cosine", "linear"], "milestones": [4, 9]],
      [
        "/s/milestones"
      ]
    ),
    (
      [
        "type": "sequence", "milestones": [4],
        "schedules": [["type": "sequence"], "reduce_on_plateau"],
      ], ["/s/schedules/0", "/s/schedules/1"]
    ),
  ]

  @Test("bad schedules are refused where they stand", arguments: refusals)
  func refuses(json: JSON, pointers: [String]) {
    do throws(Faults) {
      _ = try ScheduleCatalog.decode(json, pointer: "/s")
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers, "\(error)")
    }
  }

  @Test("what a run of some length never comes to is found before it is queued")
  func lengths() throws {
    for (json, length, pointers) in [
      (["type": "one_cycle", "cycle_steps": 100], RunLength(steps: 100), []),
      (["type": "one_cycle", "cycle_steps": 101], RunLength(steps: 100), ["/cycle_steps"]),
      (
        ["type": "one_cycle", "cycle_steps": 100, "warmup_steps": 1], RunLength(steps: 100),
        ["/cycle_steps"]
      ),
      (
        ["type": "one_cycle", "cycle_epochs": 3], RunLength(steps: 29, stepsPerEpoch: 10),
        ["/cycle_epochs"]
      ),
      (["expression": "1 - step / 50"], RunLength(steps: 50), []),
      (["expression": "1 - step / 50"], RunLength(steps: 51), ["/expression"]),
      (["expression": "log(step - 1)"], RunLength(steps: 10), ["/expression"]),
      (["expression": "1 / (step - 7)^2"], RunLength(steps: 10), ["/expression"]),
      (["expression": "exp(step)"], RunLength(steps: 20), ["/expression"]),
      (
        [
          "type": "sequence", "milestones": [5, 20],
          "schedules": ["constant", ["type": "one_cycle", "cycle_steps": 16], "cosine"],
        ], RunLength(steps: 20), ["/schedules/1/cycle_steps", "/milestones/1"]
      ),
    ] as [(JSON, RunLength, [String])] {
      let schedule = try ScheduleCatalog.decode(json, pointer: "")
      let faults = schedule.faults(in: length)
      #expect(faults.all.map(\.pointer) == pointers, "\(json) in \(length): \(faults)")
    }
  }

  @Test("a formula's fault at one of many steps doesn't end in a rate that is none")
  func formulaFaults() throws {
    let schedule = try ScheduleCatalog.decode(
      ["expression": "where(step == 54321, log(-step), 1)"], pointer: "")
    #expect(schedule.factor(step: 54_321, total: 10_000_000) == 0)
    #expect(schedule.factor(step: 54_322, total: 10_000_000) == 1)
  }
}
