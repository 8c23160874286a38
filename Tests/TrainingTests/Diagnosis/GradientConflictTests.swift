import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct GradientConflictTests {
  @Test("two losses with opposite targets for one output")
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
