import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct LossPlateauTests {
  @Test("a loss that fell to half and stayed")
  func shows() {
    let losses = (0..<2_000).map { 1 + max(0, 1 - Double($0) / 200) }
    let found = LossPlateau.look(at: Diagnosed.evidence(["train_loss": losses]))
    #expect(found.first?.severity == .info)
  }

  @Test("a line fitted to what is mostly noise; not one fitted to a line")
  func fitted() throws {
    let (inputs, noise) = (Diagnosed.noise(40, seed: 1), Diagnosed.noise(40, seed: 2))
    let noisy = Diagnosed.pairs(inputs, noise.map { 0.8 + $0 })
    let found = try Diagnosed.line(noisy, steps: 1_200, rate: 0.1)["loss_plateau"]
    #expect(found?.first?.fromStep ?? 0 > 100)
    let exact = Diagnosed.pairs(inputs, inputs.map { 0.8 + $0 })
    #expect(try Diagnosed.line(exact, steps: 1_200, rate: 0.1)["loss_plateau"] == nil)
  }

  @Test("a loss that goes on falling, and one that has come down")
  func healthy() {
    let falling = (0..<2_000).map { 2 - Double($0) / 2_000 }
    #expect(LossPlateau.look(at: Diagnosed.evidence(["train_loss": falling])).isEmpty)
    let done = (0..<2_000).map { 0.01 + max(0, 1 - Double($0) / 200) }
    #expect(LossPlateau.look(at: Diagnosed.evidence(["train_loss": done])).isEmpty)
  }
}
