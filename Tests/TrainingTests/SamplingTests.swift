import Datasets
import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

/// Which examples an epoch takes.
@Suite struct SamplingTests {
  /// 900 of class 0, 90 of class 1, 10 of class 2; the second input is a number of its own.
  private static let classes: [Int32] = (0..<1_000).map { $0 < 900 ? 0 : $0 < 990 ? 1 : 2 }
  private static let hardness: [Float] = (0..<1_000).map { Float(($0 * 367) % 1_000) }
  private static let examples = MemoryExamples(
    inputs: [("x", (0..<2_000).map { Float($0) }, [2]), ("hard", hardness, [1])],
    targets: [("y", .classes(classes, count: 3))])

  private func epochs(
    _ sampling: JSON, _ count: Int, seed: UInt64 = 1, members: ExampleSet? = nil
  ) throws -> [[Int]] {
    let sampling = try SamplingCatalog.decode(sampling, pointer: "/sampling")
    #expect(sampling.faults(Self.examples).isEmpty)
    let sampler = sampling.sampler(of: Self.examples, members: members, seed: seed)
    return (0..<count).map { epoch in
      var order: [Int] = []
      sampler.write(epoch: epoch, to: &order)
      return order
    }
  }

  /// Pearson's statistic; with two degrees of freedom it is above 13.8 in one of a thousand draws.
  private func chiSquare(_ found: [Int], _ shares: [Double]) -> Double {
    let total = Double(found.reduce(0, +))
    return zip(found, shares).reduce(0) { sum, pair in
      let expected = pair.1 * total
      return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
    }
  }

  private func counts(_ orders: [[Int]]) -> [Int] {
    orders.joined().reduce(into: [0, 0, 0]) { $0[Int(Self.classes[$1])] += 1 }
  }

  @Test("balanced takes each class a third of the time, and the examples of a class alike")
  func balanced() throws {
    let orders = try epochs("balanced", 20)
    #expect(orders.allSatisfy { $0.count == 1_000 })
    #expect(chiSquare(counts(orders), [1 / 3, 1 / 3, 1 / 3]) < 13.8)
    var times = [Int](repeating: 0, count: 10)
    for position in orders.joined() where position >= 990 { times[position - 990] += 1 }
    // Nine degrees of freedom.
    #expect(chiSquare(times, [Double](repeating: 0.1, count: 10)) < 27.9)
    #expect(orders[0] != orders[1])
    #expect(try epochs("balanced", 20) == orders)
    #expect(try epochs("balanced", 1, seed: 2)[0] != orders[0])
  }

  @Test("balanced among those that take part alone")
  func members() throws {
    let members = ExampleSet(850..<1_000)
    let orders = try epochs("balanced", 20, members: members)
    #expect(orders.allSatisfy { $0.count == 150 && $0.allSatisfy { (0..<150).contains($0) } })
    let found = orders.joined().reduce(into: [0, 0, 0]) { $0[Int(Self.classes[members[$1]])] += 1 }
    #expect(chiSquare(found, [1 / 3, 1 / 3, 1 / 3]) < 13.8)
  }

  @Test("class weights multiply how often a class is met; 0 leaves it out")
  func classWeights() throws {
    let orders = try epochs(["type": "weighted", "class_weights": [1, 5, 0]], 20)
    let found = counts(orders)
    #expect(found[2] == 0)
    #expect(chiSquare(Array(found[..<2]), [900.0 / 1_350, 450.0 / 1_350]) < 10.8)
  }

  @Test("a column weighs each example")
  func column() throws {
    let orders = try epochs(["type": "weighted", "column": "hard"], 40)
    var bins = [Int](repeating: 0, count: 4)
    for position in orders.joined() { bins[Int(Self.hardness[position]) / 250] += 1 }
    let sums = (0..<4).map { bin in
      Self.hardness.reduce(0.0) { $0 + (Int($1) / 250 == bin ? Double($1) : 0) }
    }
    let total = sums.reduce(0, +)
    // Three degrees of freedom.
    #expect(chiSquare(bins, sums.map { $0 / total }) < 16.3)
    // What weighs nothing is never drawn.
    #expect(!orders.joined().contains { Self.hardness[$0] == 0 })
  }

  @Test("a curriculum takes the easiest share, each alike, and grows as its paper says")
  func curriculum() throws {
    let sampling: JSON = [
      "type": "curriculum", "column": "hard", "start_fraction": 0.2, "epochs": 4, "pace": "root",
    ]
    let orders = try epochs(sampling, 6)
    // min(1, sqrt(e/4 (1 - 0.04) + 0.04)), as NumPy gives it.
    let shares = [0.2, 0.5291502622, 0.7211102551, 0.8717797887, 1, 1]
    for (order, share) in zip(orders, shares) {
      #expect(order.count == 1_000)
      let most = (share * 1_000).rounded()
      #expect(Set(order).count == Int(most))
      #expect(order.allSatisfy { Double(Self.hardness[$0]) < most })
      // Each is met as often as every other, but for once.
      let times = Dictionary(grouping: order) { $0 }.mapValues(\.count)
      let (least, largest) = (times.values.min() ?? 0, times.values.max() ?? 0)
      #expect(largest - least <= 1)
    }
    #expect(orders[4] != orders[5])
    let linear = try epochs(
      [
        "type": "curriculum", "column": "hard", "start_fraction": 0.2, "epochs": 4,
        "pace": "linear",
      ], 3)
    #expect(linear.map { Set($0).count } == [200, 400, 600])
    let down = try epochs(
      [
        "type": "curriculum", "column": "hard", "order": "descending", "start_fraction": 0.1,
        "epochs": 2,
      ], 1)
    #expect(down[0].allSatisfy { Self.hardness[$0] >= 900 })
  }

  @Test("a column of a table is read as it was uploaded, whatever scales it for the model")
  func table() throws {
    var rows = "a,kind,b,y\n"
    for index in 0..<60 {
      rows += "\(index % 7),\(["p", "q", "r"][index % 3]),\(index * 3),\(index % 2)\n"
    }
    let file = FileManager.default.temporaryDirectory.appending(
      path: "sampling-\(UUID().uuidString).csv")
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "sampling-\(UUID().uuidString)")
    try Data(rows.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var options = ImportOptions()
    options.targets = ["y"]
    _ = try DatasetImporter(options: options).run(
      parts: [DatasetImporter.Part(file: file)], into: folder)
    let dataset = try Dataset.open(directory: folder)
    try FileManager.default.removeItem(at: folder)
    let values = try #require(ExampleColumn.values(of: "b", in: dataset))
    for (index, value) in values.enumerated() { #expect(abs(value - Double(index * 3)) < 1e-4) }
    #expect(dataset.columnNames.prefix(2) == ["a", "b"])
    let weighted = try SamplingCatalog.decode(["type": "weighted", "column": "kind"], pointer: "")
    let fault = try #require(weighted.faults(dataset).first)
    #expect(fault.member == "column" && fault.detail.contains("a, b"), "\(fault)")
  }

  @Test("a sampled run is the same at any number of threads, and goes on in the same bits")
  func repeats() throws {
    func train(_ threads: Int, resuming: CheckpointState? = nil) throws -> (
      Outcome, RecordingObserver
    ) {
      let observer = RecordingObserver()
      let trainer = try Trainer(
        model: Spiral.model(), data: TrainingData(training: Spiral.examples(150)),
        configuration: Spiral.configuration(
          JSONObject([
            ("sampling", "balanced"), ("threads", .integer(threads)),
            ("checkpoint", ["every_steps": 11]), ("validation", ["fraction": 0.2]),
          ])), resuming: resuming)
      return (try trainer.run(observer: observer), observer)
    }
    let (one, heard) = try train(1)
    let (three, _) = try train(3)
    #expect(one.weights?.bits == three.weights?.bits)
    let state = try #require(heard.checkpoints.first { $0.step == 11 }?.state)
    let (again, _) = try train(1, resuming: state)
    #expect(again.weights?.bits == one.weights?.bits)
  }

  @Test(
    "what can't be sampled so is refused, with what would be right",
    arguments: [
      ("even", "/sampling", "balanced"),
      (["type": "weighted"], "/sampling/class_weights", "missing"),
      (["type": "weighted", "class_weights": [1, -1, 0]], "/sampling/class_weights/1", "0"),
      (["type": "weighted", "class_weights": [0, 0, 0]], "/sampling/class_weights", "larger"),
      (["type": "weighted", "class_weights": [1, 2]], "/sampling/class_weights", "3 classes"),
      (
        ["type": "weighted", "class_weights": [1, 2, 3], "column": "x"], "/sampling/column",
        "one of the two"
      ),
      (["type": "weighted", "column": "weigth"], "/sampling/column", "no columns"),
      (["type": "curriculum", "column": "x"], "/sampling/epochs", "missing"),
    ] as [(JSON, String, String)])
  func faults(sampling: JSON, pointer: String, word: String) throws {
    let error = #expect(throws: Faults.self) {
      let configuration = try Spiral.configuration(JSONObject([("sampling", sampling)]))
      try TrainingData(training: Spiral.examples(30)).faults(
        model: Spiral.model(), configuration: configuration
      ).check()
    }
    let fault = try #require(error?.all.first)
    #expect(fault.pointer.hasSuffix(pointer), "\(fault)")
    #expect(fault.detail.contains(word), "\(fault)")
  }

  @Test("an order that is given contradicts sampling")
  func contradiction() throws {
    let error = #expect(throws: Faults.self) {
      _ = try Spiral.configuration(JSONObject([("sampling", "balanced"), ("shuffle", false)]))
    }
    #expect(error?.all.first?.pointer == "/shuffle")
  }
}
