import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct DivergenceTests {
  @Test("a loss that came down and rose again beyond where it began")
  func shows() throws {
    let losses: [Double] = (0..<200).map { step in
      let time = Double(step)
      return step < 100 ? 1 - time / 200 : 0.5 + (time - 100) / 20
    }
    let found = try #require(Divergence.look(at: Diagnosed.evidence(["train_loss": losses])).first)
    #expect(found.severity == .critical)
    #expect(found.fromStep <= 110)
  }

  @Test("noise around a loss that falls")
  func healthy() {
    let losses = Diagnosed.noise(300).enumerated().map {
      1 / (1 + Double($0) / 50) * (1 + 0.5 * $1)
    }
    #expect(Divergence.look(at: Diagnosed.evidence(["train_loss": losses])).isEmpty)
  }
}
