import JSON
import Optimizers
import Testing

@Suite struct DecodingTests {
  @Test("the contract's optimizer, schedule and clip are read")
  func contractExample() throws {
    let optimizer = try OptimizerCatalog.decode(
      ["type": "adam", "learning_rate": 0.001, "weight_decay": 0.0], pointer: "")
    #expect(optimizer.learningRate == 0.001)
    #expect(optimizer.slots(of: [2]).map(\.name) == ["exp_avg", "exp_avg_sq"])
    #expect(try Clip(["norm": 1.0], pointer: "") == .norm(1))
    #expect(try Clip(["value": 0.5], pointer: "") == .value(0.5))
  }

  @Test("a name alone takes PyTorch's defaults")
  func defaults() throws {
    #expect(
      try OptimizerCatalog.decode("adamw", pointer: "").json == [
        "type": "adamw", "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 0.01, "amsgrad": false,
      ])
    #expect(
      try OptimizerCatalog.decode("sgd", pointer: "").json == [
        "type": "sgd", "learning_rate": 0.01, "momentum": 0.0, "dampening": 0.0,
        "nesterov": false, "weight_decay": 0.0,
      ])
    #expect(try OptimizerCatalog.decode("sgd", pointer: "").slots(of: [2]) == [])
    #expect(
      try OptimizerCatalog.decode(["type": "sgd", "momentum": 0.9], pointer: "").slots(of: [2]).map(
        \.name)
        == ["momentum_buffer"])
  }

  @Test("what an optimizer writes it reads back to the same")
  func roundTrip() throws {
    for entry in OptimizerCatalog.entries {
      let optimizer = try OptimizerCatalog.decode(
        BoundOptimizerTests.plain(entry.type), pointer: "")
      #expect(try OptimizerCatalog.decode(optimizer.json, pointer: "").json == optimizer.json)
    }
    for json in [["norm": 2.0], ["value": 0.1]] as [JSON] {
      #expect(try Clip(json, pointer: "").json == json)
    }
  }

  @Test(
    "bad optimizers are refused with every fault",
    arguments: [
      ("adm", ["/o: \"adm\" is unknown (did you mean \"adam\"?); one of: sgd, adam, adamw, "]),
      (
        ["type": "adam", "learning_rat": 0.1],
        ["/o/learning_rat: unknown field (did you mean \"learning_rate\"?)"]
      ),
      (
        ["type": "sgd", "learning_rate": -0.1, "momentum": 2],
        [
          "/o/learning_rate: -0.1 is out of range; from 0.0 to 10000.0",
          "/o/momentum: 2.0 is out of range",
        ]
      ),
      (
        ["type": "sgd", "nesterov": true],
        ["/o/nesterov: needs a momentum above 0 and no dampening"]
      ),
      (["type": "adam", "beta1": 1], ["/o/beta1: 1.0 is out of range"]),
      (["learning_rate": 0.1], ["/o/type: is missing"]),
    ] as [(JSON, [String])])
  func refusesOptimizers(json: JSON, messages: [String]) {
    do throws(Faults) {
      _ = try OptimizerCatalog.decode(json, pointer: "/o")
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.count == messages.count)
      for (fault, message) in zip(error.all, messages) {
        #expect(fault.description.hasPrefix(message))
      }
    }
  }

  @Test(
    "bad clips are refused",
    arguments: [
      ([:], ["/c"]), (["norm": 1, "value": 1], ["/c/value"]), (["norm": 0], ["/c/norm"]),
      (["value": -1], ["/c/value"]), (["nrom": 1], ["/c/nrom"]), (1, ["/c"]),
    ] as [(JSON, [String])])
  func refusesClips(json: JSON, pointers: [String]) {
    do throws(Faults) {
      _ = try Clip(json, pointer: "/c")
      Issue.record("\(json) was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == pointers)
    }
  }

  @Test("every entry of the catalog is documented")
  func catalog() throws {
    for (name, entries) in OptimizerCatalog.members {
      #expect(!entries.isEmpty)
      for entry in entries {
        #expect(entry.summary.hasSuffix("."), "\(name)/\(entry.type)")
        #expect(!entry.formula.isEmpty && !entry.source.isEmpty && !entry.fields.isEmpty)
        #expect(try JSON(parsing: entry.json.encoded()) == entry.json)
      }
    }
  }
}
