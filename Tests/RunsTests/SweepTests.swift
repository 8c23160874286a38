import JSON
import Store
import Testing

@testable import Runs

struct SweepTests {
  private func faults(_ json: JSON) -> [String] {
    do throws(Faults) {
      _ = try SweepRequest(json)
      return []
    } catch {
      return error.all.map(\.description)
    }
  }

  private func sweep(_ parameters: JSON, _ more: [(String, JSON)] = []) -> JSON {
    .object(
      JSONObject(
        [
          (
            "run",
            [
              "training": ["batch_size": 4, "optimizer": ["type": "sgd"]], "layers": [["units": 1]],
            ]
          ),
          ("parameters", parameters),
        ] + more))
  }

  @Test("a grid has every combination once, the last place changing first")
  func grid() throws {
    let request = try SweepRequest(
      sweep([
        "/training/batch_size": ["values": [4, 8]],
        "/training/optimizer/learning_rate": ["values": [0.1, 0.01, 0.001]],
      ]))
    #expect(request.method == .grid && request.count == 6)
    let variants = (0..<6).map { request.variant($0) }
    #expect(
      variants.map(\.parameters)
        == [4, 8].flatMap { size in
          [0.1, 0.01, 0.001].map { rate in
            [
              "/training/batch_size": .integer(size),
              "/training/optimizer/learning_rate": .number(rate),
            ]
          }
        })
    #expect(
      variants[4].request["training"]
        == ["batch_size": 8, "optimizer": ["type": "sgd", "learning_rate": 0.01]])
    // The first so many of it, where fewer are asked for.
    let short = try SweepRequest(
      sweep(["/training/batch_size": ["values": [4, 8, 16]]], [("runs", 2)]))
    #expect(short.count == 2)
  }

  @Test("draws depend on the seed and the place alone, and fill the range evenly on its scale")
  func random() throws {
    let range: JSON = ["min": 0.0001, "max": 1, "scale": "log"]
    let more: [(String, JSON)] = [("runs", 500), ("seed", 3)]
    let alone = try SweepRequest(sweep(["/a": range], more))
    let beside = try SweepRequest(
      sweep(["/b": ["min": 1, "max": 6, "type": "integer"], "/a": range], more))
    #expect(alone.method == .random && alone.count == 500)
    var decades = [0, 0, 0, 0]
    var dice = [Int](repeating: 0, count: 7)
    for index in 0..<500 {
      let value = try #require(alone.variant(index).parameters["/a"]?.double)
      #expect(beside.variant(index).parameters["/a"]?.double == value)
      #expect((0.0001...1).contains(value))
      decades[value < 0.001 ? 0 : value < 0.01 ? 1 : value < 0.1 ? 2 : 3] += 1
      dice[try #require(beside.variant(index).parameters["/b"]?.integer)] += 1
    }
    // Four standard deviations of the binomial distribution of 500 draws.
    for count in decades { #expect(abs(count - 125) < 39, "\(decades)") }
    #expect(dice[0] == 0)
    for count in dice[1...] { #expect(abs(count - 83) < 34, "\(dice)") }
    let other = try SweepRequest(sweep(["/a": range], [("runs", 2), ("seed", 4)]))
    #expect(other.variant(0).parameters != alone.variant(0).parameters)
  }

  @Test("what is wrong is told with its place, all of it")
  func wrong() {
    #expect(faults(["parameters": [:]]).contains { $0.hasPrefix("/run: is missing") })
    #expect(faults(sweep([:])).contains { $0.hasPrefix("/parameters: has 0 members") })
    for (parameter, word) in [
      (["values": []], "/values"), (["min": 1], "/max: is missing"),
      (["min": 2, "max": 1], "isn't below max"), (["min": 0, "max": 1, "scale": "log"], "above 0"),
      (["min": 0.2, "max": 0.8, "type": "integer"], "no whole number"),
      (["values": [1], "min": 1], "give either"), (["value": [1]], "values"),
    ] as [(JSON, String)] {
      let found = faults(sweep(["/a": parameter], [("runs", 2)]))
      #expect(found.contains { $0.hasPrefix("/parameters/~1a") && $0.contains(word) }, "\(found)")
    }
    let range: JSON = ["min": 1, "max": 2]
    #expect(faults(sweep(["/a": range])).contains { $0.hasPrefix("/runs: is missing") })
    #expect(
      faults(sweep(["/a": range], [("method", "grid"), ("runs", 3)])).contains {
        $0.hasPrefix("/method: a grid needs values")
      })
    let many: JSON = ["values": .array((0..<30).map { .integer($0) })]
    #expect(faults(sweep(["/a": many, "/b": many])).contains { $0.contains("more than 500 runs") })
    for pointer in [
      "training", "/layers/1/units", "/layers/-1/units", "/layers/00/units",
      "/training/batch_size/x",
    ] {
      let found = faults(sweep(.object(JSONObject([(pointer, ["values": [1]])]))))
      #expect(found.contains { $0.contains("isn't a JSON pointer") }, "\(pointer): \(found)")
    }
    #expect(faults(sweep(["/layers/0/units": ["values": [1]]])) == [])
  }
}
