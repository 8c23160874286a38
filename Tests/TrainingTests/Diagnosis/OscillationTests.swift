import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct OscillationTests {
  @Test("a loss that goes up and down by turns")
  func shows() {
    let losses: [Double] = (0..<100).map { step in
      let swing = step % 2 == 0 ? 0.2 : -0.2
      return 1 + swing - Double(step) / 1_000
    }
    #expect(Oscillation.look(at: Diagnosed.evidence(["train_loss": losses])).count == 1)
    // Two batches that take turns do the same by themselves.
    let turns = Diagnosed.evidence(["train_loss": losses], stepsPerEpoch: 2)
    #expect(Oscillation.look(at: turns).isEmpty)
  }

  @Test(
    "the absolute error's steps are of one length, and hop over the answer to and fro; short ones don't by much"
  )
  func fitted() throws {
    let examples = Diagnosed.pairs([1, 1, 1, 1], [2, 2, 2, 2])
    let hopping = try Diagnosed.line(examples, steps: 100, rate: 0.17, loss: "mean_absolute_error")
    #expect(hopping["oscillation"]?.first?.advice.field == "/training/optimizer/learning_rate")
    let walking = try Diagnosed.line(examples, steps: 100, rate: 0.003, loss: "mean_absolute_error")
    #expect(walking["oscillation"] == nil)
  }

  @Test("noise isn't oscillation")
  func healthy() {
    for seed in 1...20 {
      let losses = Diagnosed.noise(100, seed: UInt64(seed)).map { 1 + 0.5 * $0 }
      #expect(Oscillation.look(at: Diagnosed.evidence(["train_loss": losses])).isEmpty)
    }
  }
}
