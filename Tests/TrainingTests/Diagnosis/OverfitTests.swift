import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct OverfitTests {
  /// Points whose classes are drawn by lot: they can be learned by heart alone.
  static func lots(_ count: Int, seed: UInt64) -> MemoryExamples {
    let noise = Diagnosed.noise(3 * count, seed: seed)
    return MemoryExamples(
      inputs: noise.prefix(2 * count).map { Float($0) }, shape: [2],
      targets: .classes(noise.suffix(count).map { Int32(($0 + 1) * 1.4999) }, count: 3))
  }

  @Test("classes drawn by lot are learned by heart, and validated badly")
  func shows() throws {
    let found = try Diagnosed.run(
      [Diagnosed.dense(64), Diagnosed.dense(64), Diagnosed.head],
      JSONObject([
        ("epochs", 150), ("batch_size", 15),
        ("optimizer", ["type": "adam", "learning_rate": 0.01]),
      ]), examples: Self.lots(30, seed: 3), validation: Self.lots(60, seed: 4))
    #expect(found["overfit"]?.first?.severity == .warning)
    #expect(found["train_validation_gap"]?.count == 1)
    #expect(found["overtraining"]?.count == 1)
  }

  @Test("a validation loss that falls with the other")
  func healthy() {
    let falling = (0..<40).map { 1 / Double($0 + 1) }
    let evidence = Diagnosed.evidence(
      ["validation_loss": falling, "epoch_loss": falling.map { 0.9 * $0 }], every: 20)
    #expect(Overfit.look(at: evidence).isEmpty)
    #expect(TrainValidationGap.look(at: evidence).isEmpty)
    #expect(Overtraining.look(at: evidence).isEmpty)
  }

  @Test("training that goes on after the best validation")
  func overtraining() throws {
    let losses = (0..<40).map { abs(Double($0) - 15) / 20 + 0.2 }
    let found = try #require(
      Overtraining.look(at: Diagnosed.evidence(["validation_loss": losses], every: 20)).first)
    #expect(found.fromStep == 16 * 20)
  }
}
