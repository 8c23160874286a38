import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct GradientConflictTests {
  /// Two heads with the same weights, and a target for each.
  private func trained(_ first: [Float], _ second: [Float]) throws -> [Finding] {
    let inputs = Diagnosed.noise(2 * first.count).map { Float($0) }
    let observer = RecordingObserver()
    let trainer = try Trainer(
      model: Model(
        ModelSpec([
          "inputs": ["x": ["shape": [2]]],
          "layers": [
            ["type": "dense", "units": 4, "activation": "tanh", "name": "shared", "inputs": "x"],
            ["type": "dense", "units": 1, "name": "kind"],
            ["type": "dense", "units": 1, "name": "size", "inputs": "shared", "share": "kind"],
          ],
          "outputs": ["kind", "size"],
        ])),
      data: TrainingData(
        training: MemoryExamples(
          inputs: [("x", inputs, [2])],
          targets: [
            ("y1", .numbers(first, shape: [1])), ("y2", .numbers(second, shape: [1])),
          ])),
      configuration: TwoHeads.configuration(
        loss: [
          ["output": "kind", "type": "mean_squared_error", "target": "y1"],
          ["output": "size", "type": "mean_squared_error", "target": "y2"],
        ]),
      observation: ObservationConfiguration(histogramsEvery: 0, termGradientsEvery: 2))
    _ = try trainer.run(observer: observer)
    return observer.findings.filter { $0.rule == "gradient_conflict" }
  }

  @Test("one output is to be 2 and -2; not when both are to be 2")
  func fitted() throws {
    let (above, below) = ([Float](repeating: 2, count: 16), [Float](repeating: -2, count: 16))
    let found = try trained(above, below)
    #expect(found.first?.parameter == "kind.size")
    #expect(found.first?.evidence.first { $0.name == "cosine" }?.value ?? 0 < -0.5)
    #expect(try trained(above, above).isEmpty)
  }

  @Test("a mean cosine that is negative")
  func shows() throws {
    let name = "gradient_conflict.kind.size"
    let found = GradientConflict.look(at: Diagnosed.evidence([name: [-0.4, -0.6, -0.5]]))
    #expect(found.first?.parameter == "kind.size")
    #expect(found.first?.explanation.contains("kind and size") == true)
  }

  @Test("gradients at right angles, or a single measurement")
  func healthy() {
    let name = "gradient_conflict.kind.size"
    #expect(GradientConflict.look(at: Diagnosed.evidence([name: [-0.1, 0.2, 0]])).isEmpty)
    #expect(GradientConflict.look(at: Diagnosed.evidence([name: [-0.9]])).isEmpty)
  }
}
