import JSON
import Store
import Testing
import Training

@testable import Runs

/// Runs that begin with what others have learned.
@Suite struct InitialWeightsTests {
  private func tensors(_ bench: Bench, _ run: RunID, _ checkpoint: String) async throws -> Weights {
    Weights(
      try WeightsFile.safetensors.decoded(try await bench.weights(run, checkpoint)))
  }

  private func floats(_ weights: Weights, _ name: String) throws -> [Float] {
    try #require(weights[name]).elements(of: Float.self)
  }

  private func faults(_ bench: Bench, _ body: JSON) async throws -> [Fault] {
    do {
      _ = try await bench.service.submit(body)
      Issue.record("the run was queued")
      return []
    } catch let faults as Faults {
      return faults.all
    }
  }

  /// A request whose first layer begins as a parameter of another run does.
  private func request(_ dataset: DatasetID, _ initializer: JSON, units: Int = 8) -> JSON {
    RunService.merged(
      Bench.request(dataset, ["seed": 11]),
      [
        "model": [
          "layers": [
            [
              "type": "repeat", "name": "body", "times": 1,
              "layers": [
                [
                  "type": "dense", "units": .integer(units), "activation": "tanh",
                  "initializer": initializer,
                ]
              ],
            ],
            ["type": "dense", "units": 2],
          ]
        ]
      ])
  }

  @Test("a parameter begins as another run's, which may be deleted while this one waits")
  func fromInitializer() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Bench.request(data))
    _ = try await bench.wait(first.id)
    let learned = try await tensors(bench, first.id, "latest")
    // Another run holds the only lane.
    let long = try await bench.service.submit(Bench.request(data, ["epochs": 100_000]))
    _ = try await bench.wait(long.id, [.running])
    let initializer: JSON = [
      "type": "from", "run": .string(first.id.rawValue), "parameter": "dense_0.weight",
    ]
    let second = try await bench.service.submit(request(data, initializer))
    let plain = try await bench.service.submit(request(data, "glorot_uniform"))
    #expect(try await bench.store.checkpoints.list(second.id).isEmpty)
    try await bench.service.delete(first.id)
    _ = try await bench.service.cancel(long.id)
    #expect(try await bench.wait(second.id).state == .succeeded)
    #expect(try await bench.wait(plain.id).state == .succeeded)
    let begun = try await tensors(bench, second.id, "initial")
    #expect(
      try floats(begun, "body.0.dense_0.weight") == floats(learned, "dense_0.weight"))
    let other = try await tensors(bench, plain.id, "initial")
    #expect(try floats(begun, "dense_1.weight") == floats(other, "dense_1.weight"))
    #expect(
      try floats(begun, "body.0.dense_0.weight") != floats(other, "body.0.dense_0.weight"))
    await bench.stop()
  }

  @Test(
    "a run, a checkpoint or a parameter that isn't there, or has another shape, is a fault of the body"
  )
  func faultsOfInitializers() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Bench.request(data))
    _ = try await bench.wait(first.id)
    let run = JSON.string(first.id.rawValue)
    let place = "/model/layers/0/layers/0/initializer"
    let cases: [(JSON, Int, String, String)] = [
      (
        ["type": "from", "run": "run_01KB7C8F4H2J9K6M3N5P7Q1R0S", "parameter": "x"], 8,
        "\(place)/run", "there is no run"
      ),
      (
        ["type": "from", "run": run, "checkpoint": 7_777, "parameter": "dense_0.weight"], 8,
        "\(place)/checkpoint", "has no weights \"7777\""
      ),
      (
        ["type": "from", "run": run, "parameter": "dense_0.weigth"], 8, "\(place)/parameter",
        "did you mean \"dense_0.weight\"?"
      ),
      // Its own name, which the other run doesn't have.
      (
        ["type": "from", "run": run], 8, "\(place)/parameter",
        "has no parameter \"body.0.dense_0.weight\""
      ),
      (
        ["type": "from", "run": run, "parameter": "dense_0.weight"], 9, place,
        "is [8, 2], and \"body.0.dense_0.weight\" is [9, 2]"
      ),
    ]
    for (initializer, units, pointer, words) in cases {
      let found = try await faults(bench, request(data, initializer, units: units))
      #expect(found.map(\.pointer) == [pointer])
      #expect(found.first?.detail.contains(words) == true, "\(found)")
    }
    await bench.stop()
  }

  @Test("all of another run's weights are copied when the run is queued, and must be the model's")
  func whole() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Bench.request(data))
    _ = try await bench.wait(first.id)
    let learned = try await tensors(bench, first.id, "latest")
    let weights: JSON = ["initial_weights": .string(first.id.rawValue)]
    let wrong = try await faults(
      bench, RunService.merged(request(data, "zeros", units: 4), weights))
    #expect(Set(wrong.map(\.pointer)) == ["/initial_weights"])
    #expect(
      wrong.map(\.detail).contains { $0.contains("no parameter \"body.0.dense_0.weight\"") })
    #expect(wrong.map(\.detail).contains { $0.contains("is no parameter of the model") })

    let long = try await bench.service.submit(Bench.request(data, ["epochs": 100_000]))
    _ = try await bench.wait(long.id, [.running])
    let second = try await bench.service.submit(
      RunService.merged(Bench.request(data, ["seed": 12]), weights))
    try await bench.service.delete(first.id)
    _ = try await bench.service.cancel(long.id)
    #expect(try await bench.wait(second.id).state == .succeeded)
    let begun = try await tensors(bench, second.id, "initial")
    for entry in learned.tensors {
      #expect(try floats(begun, entry.name) == floats(learned, entry.name))
    }
    await bench.stop()
  }

  @Test("a gradient check looks at the parameters where another run has left them")
  func gradientCheck() async throws {
    let bench = try Bench()
    try await bench.service.start()
    let data = try await bench.dataset()
    let first = try await bench.service.submit(Bench.request(data))
    _ = try await bench.wait(first.id)
    let initializer: JSON = [
      "type": "from", "run": .string(first.id.rawValue), "parameter": "dense_0.weight",
    ]
    func loss(_ initializer: JSON) async throws -> JSON {
      let model = try #require(request(data, initializer)["model"])
      let report = try await bench.service.checkGradients([
        "model": model, "loss": "cross_entropy", "seed": 4,
      ])
      #expect(report["passed"] == true, "\(report)")
      return try #require(report["loss"])
    }
    #expect(try await loss(initializer) != loss("zeros"))
    await bench.stop()
  }
}
