import Foundation
import JSON
import Optimizers
import Testing

@Suite struct ScheduleTests {
  static let cases: [JSON] = Fixture.json("schedules.json").array ?? []

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 8) }

  @Test("rates are those of PyTorch's schedulers, warm-up included", arguments: cases)
  func matchesPyTorch(expected: JSON) throws {
    let schedule = try ScheduleCatalog.decode(#require(expected["schedule"]), pointer: "")
    let total = try #require(expected["total"]?.integer)
    for (index, factor) in Fixture.numbers(expected["factors"]).enumerated() {
      let found = schedule.factor(step: index + 1, total: total)
      #expect(abs(found - factor) < 1e-12, "step \(index + 1) of \(schedule.json)")
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
    for name in ["constant", "cosine", "linear"] {
      let schedule = try ScheduleCatalog.decode(
        ["type": .string(name), "warmup_steps": 10], pointer: "")
      #expect(schedule.factor(step: 5, total: 5) == 5.0 / 11)
      #expect(schedule.factor(step: 11, total: 10).isFinite)
      #expect((0...1).contains(schedule.factor(step: 500, total: 100)))
    }
  }

  @Test(
    "bad schedules are refused where they stand",
    arguments: [
      ("cosin", ["/s"]), (["type": "cosine", "warmup_steps": -1], ["/s/warmup_steps"]),
      (["type": "cosine", "final_fraction": 2], ["/s/final_fraction"]),
      (["type": "step"], ["/s/every_steps"]),
      (["type": "step", "every_steps": 0, "gama": 1], ["/s/every_steps", "/s/gama"]), (3, ["/s"]),
    ] as [(JSON, [String])])
  func refuses(json: JSON, pointers: [String]) {
    do throws(Faults) {
      _ = try ScheduleCatalog.decode(json, pointer: "/s")
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers)
    }
  }
}
