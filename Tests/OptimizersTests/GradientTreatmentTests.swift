import Autodiff
import Foundation
import JSON
import Kernels
import Optimizers
import Tensors
import Testing

@Suite struct GradientTreatmentTests {
  private func noises(step: Int, seed: UInt64, threads: Int, clip: Clip? = nil) throws -> [Double] {
    let parameters = ParameterStore([(name: "p", shape: [100_003])], element: .float32)
    let gradients = ParameterStore([(name: "p", shape: [100_003])], element: .float32)
    let pointer = gradients.pointer(0).assumingMemoryBound(to: Float.self)
    if clip != nil { pointer.update(repeating: 1, count: 100_003) }
    let bound = BoundOptimizer(
      try OptimizerChoice(["type": "sgd", "learning_rate": 1], pointer: ""),
      treatment: GradientTreatment(clip: clip, noise: GradientNoise(eta: 0.3, gamma: 0.55)),
      parameters: parameters, gradients: gradients, seed: seed, team: ThreadTeam(threads: threads))
    bound.step(step, learningRate: 1)
    if clip != nil {
      // What noise adds is no part of what was clipped, and the gradient itself stays.
      #expect(abs(bound.clipFactor - 0.25) < 1e-12)
      #expect(bound.clippedStatistics(of: 0).maxAbs == 0.25)
      #expect(pointer[77] == 1)
    }
    return OptimizerReferenceTests.read(parameters, 0, as: Float.self).map { -$0 }
  }

  @Test("noise is normal with variance η / t^γ", arguments: [1, 2, 100])
  func moments(step: Int) throws {
    let noise = try noises(step: step, seed: 5, threads: 2)
    let count = Double(noise.count)
    let variance = 0.3 / pow(Double(step), 0.55)
    let mean = noise.reduce(0, +) / count
    let found = noise.reduce(0) { $0 + $1 * $1 } / count
    let fourth = noise.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    // Five standard errors of each.
    #expect(abs(mean) < 5 * (variance / count).squareRoot())
    #expect(abs(found / variance - 1) < 5 * (2 / count).squareRoot())
    #expect(abs(fourth / (3 * variance * variance) - 1) < 5 * (96 / count).squareRoot() / 3)
  }

  @Test("noise is a function of seed and step, not of threads")
  func seeds() throws {
    let noise = try noises(step: 3, seed: 5, threads: 1)
    #expect(try noises(step: 3, seed: 5, threads: 2) == noise)
    #expect(try noises(step: 4, seed: 5, threads: 1) != noise)
    #expect(try noises(step: 3, seed: 6, threads: 1) != noise)
  }

  @Test("noise is added to what was clipped")
  func clipped() throws {
    let plain = try noises(step: 3, seed: 5, threads: 1)
    let added = try noises(step: 3, seed: 5, threads: 1, clip: .value(0.25))
    for (a, b) in zip(plain, added) { #expect(abs(b - a - 0.25) < 1e-6) }
  }

  @Test(
    "units are clipped alike at any number of threads, and NaN stays seen", arguments: [1, 2, 3])
  func adaptive(threads: Int) throws {
    func run(_ threads: Int, spoilt: Bool) throws -> (BoundOptimizer, [Double]) {
      let descriptions: [(name: String, shape: Shape)] = [("w", [211, 173]), ("b", [40_001])]
      let parameters = ParameterStore(descriptions, element: .float32)
      let gradients = ParameterStore(descriptions, element: .float32)
      var random = Philox(seed: 8, purpose: "adaptive").generator()
      for store in [parameters, gradients] {
        OptimizerReferenceTests.write(
          descriptions.map { description in
            (0..<description.shape.count).map { _ in random.uniform() - 0.5 }
          }, to: store, as: Float.self)
      }
      if spoilt { gradients.pointer(0).assumingMemoryBound(to: Float.self)[9_999] = .nan }
      let bound = BoundOptimizer(
        OptimizerChoice(try OptimizerCatalog.decode("sgd", pointer: "")),
        treatment: GradientTreatment(
          clip: .adaptive(0.1, floor: 1e-3, except: []), centralizes: true),
        parameters: parameters, gradients: gradients, team: ThreadTeam(threads: threads))
      bound.step(1, learningRate: 0.1)
      return (bound, OptimizerReferenceTests.read(parameters, 0, as: Float.self))
    }
    let (bound, values) = try run(threads, spoilt: false)
    #expect(try run(1, spoilt: false).1 == values)
    #expect(bound.clipFactor > 0.05 && bound.clipFactor < 0.2)
    let spoilt = try run(threads, spoilt: true).0
    #expect(!spoilt.gradientsAreFinite)
    #expect(spoilt.statistics(of: 0).nanCount == 1)
  }

  @Test(
    "members that contradict or aren't known are refused",
    arguments: [
      (["clip": ["norm": 1, "adaptive": 1]], ["/clip/adaptive"]),
      (["clip": ["value": 1, "per": "layer"]], ["/clip/per"]),
      (["clip": ["norm": 1, "per": "laye"]], ["/clip/per"]),
      (["clip": ["norm": 1, "floor": 0.1]], ["/clip/floor"]),
      (["clip": ["adaptive": 0.1, "except": []]], ["/clip/except"]),
      (["clip": ["per": "layer"]], ["/clip"]),
      (["gradients": ["noise": [:]]], ["/gradients/noise/eta"]),
      (
        ["gradients": ["noise": ["eta": -1, "gama": 2]]],
        ["/gradients/noise/eta", "/gradients/noise/gama"]
      ),
      (["gradients": ["centralise": true]], ["/gradients/centralise"]),
      (["gradients": 3], ["/gradients"]),
    ] as [(JSON, [String])])
  func refuses(json: JSON, pointers: [String]) {
    var reader = ObjectReader(json)
    _ = GradientTreatment(&reader)
    #expect(reader.finish().all.map(\.pointer) == pointers)
  }
}
