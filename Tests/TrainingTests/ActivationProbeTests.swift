import Foundation
import JSON
import NeuralNetworks
import Tensors
import Testing

@testable import Training

/// Layers' outputs against NumPy: `Fixtures/make_activations.py` writes what is expected.
@Suite struct ActivationProbeTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }

    func number(_ name: String) throws -> Double { try #require(json[name]?.double) }
    func floats(_ name: String) -> [Float] {
      (json[name]?.array ?? []).map { Float($0.double ?? .nan) }
    }
  }

  static let cases: [Case] = {
    guard let data = try? Data(contentsOf: fixture("activations.json")),
      let json = try? JSON(parsing: [UInt8](data))
    else { return [] }
    return (json.array ?? []).map(Case.init)
  }()

  private func probe(_ activation: JSON, _ shape: Shape) throws -> ActivationProbe {
    ActivationProbe(
      layer: "layer", activation: try Activation(activation, pointer: ""), shape: shape)
  }

  @Test("figures are NumPy's", arguments: cases)
  func reference(expected: Case) throws {
    let shape = Shape((expected.json["shape"]?.array ?? []).compactMap(\.integer))
    let probe = try probe(try #require(expected.json["activation"]), shape)
    var past: [[UInt8]] = []
    let found = probe.measure(
      expected.floats("values"), gradient: expected.floats("gradient"), step: 3, past: &past)
    func close(_ found: Double, _ name: String, _ tolerance: Double = 1e-12) throws {
      let number = try expected.number(name)
      #expect(abs(found - number) <= tolerance * max(1, abs(number)), "\(name)")
    }
    #expect(found.step == 3)
    try close(found.mean, "mean")
    try close(found.standardDeviation, "standard_deviation")
    try close(found.minimum, "minimum", 0)
    try close(found.maximum, "maximum", 0)
    try close(found.saturatedFraction, "saturated")
    try close(found.deadFraction, "dead")
    #expect(found.nonFiniteCount == expected.json["nonfinite"]?.integer)
    if expected.json["rank"] == .null {
      #expect(found.effectiveRank.isNaN)
    } else {
      try close(found.effectiveRank, "rank", 1e-5)
    }
    try close(found.gradient.norm, "gradient_norm", 1e-7)
    try close(found.gradient.largest, "gradient_largest", 0)
    try close(found.gradient.mean, "gradient_mean", 1e-7)
  }

  @Test("there are cases")
  func hasCases() { #expect(Self.cases.count == 8) }

  @Test("a unit is dead once it was zero in all of the last five observed batches")
  func window() throws {
    let probe = try probe("relu", [1, 3])
    let zeros = [Float](repeating: 0, count: 3)
    var past: [[UInt8]] = []
    // The second unit shows in the first batch alone, the third always.
    let batches: [[Float]] = [[0, 1, 1]] + Array(repeating: [0, 0, 1], count: 6)
    let dead = batches.map {
      probe.measure($0, gradient: zeros, step: 1, past: &past).deadFraction * 3
    }
    #expect(dead.map { $0.rounded() } == [1, 1, 1, 1, 1, 2, 2])
    #expect(past.count == 5)
  }

  @Test("a run that goes on records the same activations as one that wasn't interrupted")
  func resumes() throws {
    func train(_ resuming: CheckpointState?) throws -> RecordingObserver {
      let observer = RecordingObserver()
      let trainer = try Trainer(
        model: Spiral.model(), data: TrainingData(training: Spiral.examples(60)),
        configuration: Spiral.configuration(JSONObject([("checkpoint", ["every_steps": 5])])),
        observation: ObservationConfiguration(histogramsEvery: 0, activationsEvery: 1),
        resuming: resuming)
      _ = try trainer.run(observer: observer)
      return observer
    }
    let whole = try train(nil)
    let state = try #require(whole.checkpoints.first { $0.kind == .periodic }?.state)
    let rest = try train(CheckpointState(decoding: state.encoded()))
    #expect(rest.activations == whole.activations.filter { $0.step > state.step })
    #expect(rest.activations.contains { $0.saturatedFraction > 0 })
  }
}
