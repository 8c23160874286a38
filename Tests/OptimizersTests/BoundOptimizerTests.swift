import Autodiff
import JSON
import Kernels
import Optimizers
import Tensors
import Testing

@Suite struct BoundOptimizerTests {
  private struct Setting {
    let parameters: ParameterStore
    let gradients: ParameterStore
    let bound: BoundOptimizer
  }

  private func bind(
    _ optimizer: JSON, clip: Clip? = nil, sizes: [Int] = [4, 3], threads: Int = 1
  ) throws -> Setting {
    let descriptions = sizes.enumerated().map { (name: "p\($0)", shape: Shape([$1])) }
    let parameters = ParameterStore(descriptions, element: .float32)
    let gradients = ParameterStore(descriptions, element: .float32)
    let bound = BoundOptimizer(
      try OptimizerChoice(optimizer, pointer: ""), treatment: GradientTreatment(clip: clip),
      parameters: parameters, gradients: gradients, team: ThreadTeam(threads: threads))
    return Setting(parameters: parameters, gradients: gradients, bound: bound)
  }

  private func set(_ values: [[Double]], _ store: ParameterStore) {
    OptimizerReferenceTests.write(values, to: store, as: Float.self)
  }

  static let clips: [Clip?] = [nil, .norm(1), .value(0.5)]

  @Test("statistics are those of the gradients before clipping", arguments: clips)
  func statistics(clip: Clip?) throws {
    let setting = try bind("sgd", clip: clip)
    set([[1, -2, 3, 0], [0.5, 0.25, -6]], setting.gradients)
    setting.bound.step(1, learningRate: 0.1)
    let first = setting.bound.statistics(of: 0)
    #expect(first.sumOfSquares == 14)
    #expect(first.sum == 2)
    #expect(first.maxAbs == 3)
    let second = setting.bound.statistics(of: 1)
    #expect(second.sumOfSquares == 36.3125)
    #expect(second.maxAbs == 6)
    #expect(setting.bound.gradientNorm == 50.3125.squareRoot())
    #expect(setting.bound.gradientsAreFinite)
  }

  @Test("clipping by norm and by value shows in the clipped statistics")
  func clippedStatistics() throws {
    let norm = try bind("sgd", clip: .norm(1))
    set([[3, 0, 0, 0], [0, 4, 0]], norm.gradients)
    norm.bound.step(1, learningRate: 0.1)
    // min(1, 1 / (5 + 1e-6)).
    #expect(abs(norm.bound.clipFactor - 1 / 5.000001) < 1e-15)
    #expect(abs(norm.bound.clippedStatistics(of: 0).maxAbs - 3 / 5.000001) < 1e-6)
    #expect(abs(norm.bound.clippedStatistics(of: 1).sumOfSquares - 0.64) < 1e-5)

    let value = try bind("sgd", clip: .value(2))
    set([[3, -1, 0, 0], [0, -4, 0]], value.gradients)
    value.bound.step(1, learningRate: 0.1)
    // √(4 + 1 + 4) over √(9 + 1 + 16).
    #expect(abs(value.bound.clipFactor - 3 / 26.0.squareRoot()) < 1e-12)
    #expect(value.bound.clippedStatistics(of: 0).sumOfSquares == 5)
    #expect(value.bound.clippedStatistics(of: 1).maxAbs == 2)
  }

  private static let kinds: [JSON] = [
    "sgd", ["type": "sgd", "momentum": 0.9, "nesterov": true, "weight_decay": 0.01], "adam",
    ["type": "adamw", "weight_decay": 0.1], ["type": "adam", "epsilon": 1e-30],
    "amsgrad", "nadam", "radam", "adamax", ["type": "rmsprop", "centered": true, "momentum": 0.9],
    "adagrad", "adadelta", "lion", "lars", "lamb", "adafactor", "muon", "shampoo", "soap",
  ]

  @Test("weights and updates are measured as they were stored", arguments: kinds, [1, 2, 3])
  func movement(optimizer: JSON, threads: Int) throws {
    let sizes = [1, 37, 40_003]
    let setting = try bind(optimizer, clip: .norm(3), sizes: sizes, threads: threads)
    var random = Philox(seed: 5, purpose: "movement").generator()
    func drawn(_ scale: Double) -> [[Double]] {
      sizes.map { size in (0..<size).map { _ in scale * (random.uniform() - 0.5) } }
    }
    set(drawn(2), setting.parameters)
    for step in 1...3 {
      set(drawn(step == 2 ? 1e-20 : 1), setting.gradients)
      let before = sizes.indices.map {
        OptimizerReferenceTests.read(setting.parameters, $0, as: Float.self)
      }
      setting.bound.step(step, learningRate: 0.01)
      for index in sizes.indices {
        let after = OptimizerReferenceTests.read(setting.parameters, index, as: Float.self)
        let found = setting.bound.movement(of: index)
        let weights = before[index].reduce(0) { $0 + $1 * $1 }
        let updates = zip(before[index], after).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
        #expect(abs(found.weightSquares - weights) <= 1e-12 * weights)
        #expect(abs(found.updateSquares - updates) <= 1e-12 * updates)
      }
    }
  }

  @Test("gradients below the limit are left alone")
  func belowLimit() throws {
    let setting = try bind("sgd", clip: .norm(10))
    set([[3, 0, 0, 0], [0, 4, 0]], setting.gradients)
    setting.bound.step(1, learningRate: 1)
    #expect(setting.bound.clipFactor == 1)
    #expect(
      OptimizerReferenceTests.read(setting.parameters, 0, as: Float.self) == [-3, 0, 0, 0])
  }

  @Test(
    "norms of gradients whose squares a float can't hold are right",
    arguments: [1e20, 1e-25, 3e-42])
  func extremes(scale: Double) throws {
    let setting = try bind("sgd", clip: nil)
    let numbers = [3 * scale, 0, -4 * scale, 0].map { Double(Float($0)) }
    set([numbers, [0, scale, 0]], setting.gradients)
    setting.bound.step(1, learningRate: 0)
    let exact = numbers.reduce(0) { $0 + $1 * $1 }
    let found = setting.bound.statistics(of: 0)
    #expect(abs(found.sumOfSquares / exact - 1) < 1e-12)
    #expect(found.maxAbs == Double(Float(4 * scale)))
    #expect(setting.bound.gradientsAreFinite)
  }

  @Test("elements that aren't finite are counted and noticed", arguments: clips)
  func nonFinite(clip: Clip?) throws {
    let setting = try bind("adam", clip: clip)
    set([[.nan, .infinity, 1, -.infinity], [.nan, 2, 0]], setting.gradients)
    setting.bound.step(1, learningRate: 0.1)
    let first = setting.bound.statistics(of: 0)
    #expect([first.nanCount, first.posInfCount, first.negInfCount] == [1, 1, 1])
    #expect(setting.bound.statistics(of: 1).nanCount == 1)
    #expect(!setting.bound.gradientsAreFinite)
  }

  /// An optimizer by its name, around another one where it needs one.
  static func plain(_ name: String) -> JSON {
    ["lookahead", "sam"].contains(name)
      ? ["type": .string(name), "optimizer": "adam"] : .string(name)
  }

  @Test(
    "the bits don't depend on the number of threads",
    arguments: OptimizerCatalog.entries.map(\.type))
  func threadCounts(name: String) throws {
    func run(_ threads: Int) throws -> ([Double], Double) {
      let setting = try bind(
        Self.plain(name), clip: .norm(1), sizes: [40_000, 7], threads: threads)
      var state: UInt64 = 5
      func draw(_ count: Int) -> [Double] {
        (0..<count).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return Double(Int64(bitPattern: state) >> 32) / 1e9
        }
      }
      set([draw(40_000), draw(7)], setting.parameters)
      for step in 1...3 {
        set([draw(40_000), draw(7)], setting.gradients)
        setting.bound.step(step, learningRate: 0.01)
      }
      return (
        OptimizerReferenceTests.read(setting.parameters, 0, as: Float.self),
        setting.bound.gradientNorm
      )
    }
    let alone = try run(1)
    let together = try run(2)
    #expect(alone.0 == together.0)
    #expect(alone.1 == together.1)
  }

  @Test("a run that goes on from its slots ends as one never interrupted", arguments: kinds)
  func resumes(optimizer: JSON) throws {
    let shapes: [Shape] = [[4, 3], [3], [2, 2, 2]]
    func gradient(_ step: Int) -> [[Double]] {
      var random = Philox(seed: UInt64(step), purpose: "resumes").generator()
      return shapes.map { shape in (0..<shape.count).map { _ in random.uniform() - 0.5 } }
    }
    func bind() throws -> Setting {
      let descriptions = shapes.enumerated().map { (name: "p\($0)", shape: $1) }
      let parameters = ParameterStore(descriptions, element: .float32)
      let gradients = ParameterStore(descriptions, element: .float32)
      set(gradient(0), parameters)
      return Setting(
        parameters: parameters, gradients: gradients,
        bound: BoundOptimizer(
          try OptimizerChoice(optimizer, pointer: ""), parameters: parameters,
          gradients: gradients, team: ThreadTeam(threads: 1)))
    }
    func take(_ steps: ClosedRange<Int>, _ setting: Setting) {
      for step in steps {
        set(gradient(step), setting.gradients)
        setting.bound.step(step, learningRate: 0.1)
      }
    }
    let whole = try bind()
    take(1...25, whole)
    for interruption in [1, 4, 10] {
      let first = try bind()
      take(1...interruption, first)
      let second = try bind()
      second.parameters.copy(from: first.parameters)
      second.bound.memory.store.copy(from: first.bound.memory.store)
      take(interruption + 1...25, second)
      for index in shapes.indices {
        #expect(
          OptimizerReferenceTests.read(whole.parameters, index, as: Float.self)
            == OptimizerReferenceTests.read(second.parameters, index, as: Float.self))
      }
    }
  }

  @Test("a model without parameters can step")
  func noParameters() throws {
    let setting = try bind("adam", clip: .norm(1), sizes: [])
    setting.bound.step(1, learningRate: 0.1)
    #expect(setting.bound.gradientNorm == 0)
    #expect(setting.bound.gradientsAreFinite)
  }
}
