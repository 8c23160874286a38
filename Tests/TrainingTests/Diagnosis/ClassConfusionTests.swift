import Foundation
import JSON
import NeuralNetworks
import Testing

@testable import Training

@Suite struct ClassConfusionTests {
  private func run(_ classes: (Int32) -> Int32) throws -> [Finding]? {
    let points = Spiral.examples(90, seed: 8)
    var inputs = [Float](repeating: 0, count: 180)
    inputs.withUnsafeMutableBytes { place in
      Array(0..<90).withUnsafeBufferPointer {
        points.gather(indices: $0, inputs: [place.baseAddress], targets: [nil])
      }
    }
    let swapped = MemoryExamples(
      inputs: inputs, shape: [2],
      targets: .classes(points.classIndices.map(classes), count: 3))
    return try Diagnosed.run(
      [Diagnosed.dense(24), Diagnosed.dense(16), Diagnosed.head],
      JSONObject([("epochs", 60)]), validation: swapped)["class_confusion"]
  }

  @Test("a validation set in which class 1 is called 2")
  func shows() throws {
    let found = try #require(try run { $0 == 1 ? 2 : $0 == 2 ? 1 : 0 })
    #expect(found.compactMap(\.parameter).sorted() == ["class 1", "class 2"])
    #expect(found.first?.evidence.first { $0.name == "taken_for" }?.value == 2)
  }

  @Test("one in which it isn't")
  func healthy() throws { #expect(try run { $0 } == nil) }
}
