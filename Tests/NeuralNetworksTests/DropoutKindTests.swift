import Autodiff
import JSON
import Kernels
import Tensors
import Testing

@testable import NeuralNetworks

/// What the kinds of dropout keep: means, variances and shares, each within five standard deviations of what is expected.
@Suite struct DropoutKindTests {
  /// The outputs of a one-layer model in training, for inputs that are a function of their position.
  private func outputs(
    _ layer: JSON, _ shape: Shape, weights: [Float]? = nil, step: Int32 = 1, mode: Mode = .training,
    input value: (Int) -> Float = { _ in 1 }
  ) throws -> [Double] {
    let model = try Model(
      ModelSpec([
        "input": ["shape": .array(shape.dimensions.dropFirst().map(JSON.integer))],
        "layers": [layer],
      ]))
    var graph = Graph()
    let built = try model.build(batch: shape[0], mode: mode, into: &graph)
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    let store = model.initialParameters(seed: 3)
    for (index, parameter) in built.parameters.enumerated() {
      bindings[parameter] = store.pointer(index)
      if let weights, index == 0 {
        for (place, weight) in weights.enumerated() {
          store.pointer(0).assumingMemoryBound(to: Float.self)[place] = weight
        }
      }
    }
    let executor = try Executor(
      plan: Plan(graph, outputs: built.outputs), bindings: bindings, team: ThreadTeam(threads: 2))
    if let random = graph.random, let place = executor.place(of: random) {
      let words = place.assumingMemoryBound(to: Int32.self)
      for (index, word) in [9, 0, step, 0].enumerated() { words[index] = Int32(word) }
    }
    let inputs = executor.pointer(to: built.inputs[0]).assumingMemoryBound(to: Float.self)
    for index in 0..<shape.count { inputs[index] = value(index) }
    executor.run()
    let found = executor.pointer(to: built.outputs[0]).assumingMemoryBound(to: Float.self)
    return (0..<graph.shape(of: built.outputs[0]).count).map { Double(found[$0]) }
  }

  private func moments(_ numbers: [Double]) -> (mean: Double, variance: Double) {
    let mean = numbers.reduce(0, +) / Double(numbers.count)
    return (mean, numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count))
  }

  @Test(
    "the mean of an input stays what it is",
    arguments: [
      ["type": "dropout", "rate": 0.4], ["type": "spatial_dropout", "rate": 0.4],
      ["type": "stochastic_depth", "rate": 0.4], ["type": "gaussian_dropout", "rate": 0.4],
      ["type": "drop_block", "rate": 0.2, "size": 3],
    ] as [JSON])
  func expectation(layer: JSON) throws {
    let examples = 4000
    let found = try outputs(layer, [examples, 2, 5, 5])
    // Draws are shared by whole channels or examples at most, so that examples' own means are independent.
    let means = (0..<examples).map { example in
      found[example * 50..<(example + 1) * 50].reduce(0, +) / 50
    }
    let (mean, variance) = moments(means)
    #expect(variance > 0)
    #expect(abs(mean - 1) < 5 * (variance / Double(examples)).squareRoot() + 1e-6, "\(mean)")
  }

  @Test("gaussian dropout has the variance of the dropout of its rate, and drops nothing")
  func gaussian() throws {
    let count = 100_000
    let factors = try outputs(["type": "gaussian_dropout", "rate": 0.2], [1000, 100])
    let (mean, variance) = moments(factors)
    #expect(abs(mean - 1) < 5 * (0.25 / Double(count)).squareRoot())
    #expect(abs(variance - 0.25) < 5 * 0.25 * (2 / Double(count)).squareRoot())
    #expect(!factors.contains(0))
  }

  @Test("alpha dropout keeps mean 0 and variance 1, and drops to one number")
  func alpha() throws {
    // A uniform input of mean 0 and variance 1.
    let side = 3.0.squareRoot()
    let count = 200_000
    func input(_ index: Int) -> Float {
      Float(side * (2 * (Double(index * 7919 % count) + 0.5) / Double(count) - 1))
    }
    for rate in [0.1, 0.4] {
      let found = try outputs(
        ["type": "alpha_dropout", "rate": .number(rate)], [2000, 100], input: input)
      let (mean, variance) = moments(found)
      #expect(abs(mean) < 5 / Double(count).squareRoot())
      // The fourth moment of what comes out is below 5.
      #expect(abs(variance - 1) < 5 * (5 / Double(count)).squareRoot(), "\(rate): \(variance)")
      // Klambauer et al. 2017, section 3, written out with α' = -1.7580993408473766.
      let floor = -1.7580993408473766
      let (kept, shift) = (1 - rate, -rate * floor)
      let slope = 1 / (kept * (1 + rate * floor * floor)).squareRoot()
      let dropped = found.count { abs($0 - slope * (floor + shift)) < 1e-6 }
      let deviation = (rate * kept * Double(count)).squareRoot()
      #expect(abs(Double(dropped) - rate * Double(count)) < 5 * deviation + 10)
      let survivors = found.enumerated().filter { abs($1 - slope * (floor + shift)) >= 1e-6 }
      #expect(
        survivors.allSatisfy { abs($1 - slope * (Double(input($0)) + shift)) < 1e-5 })
    }
  }

  @Test("drop_block drops whole blocks, at its rate, and keeps the sum")
  func blocks() throws {
    let (examples, side, size) = (500, 12, 3)
    let found = try outputs(
      ["type": "drop_block", "rate": 0.1, "size": 3], [examples, 2, side, side])
    let scale = try #require(found.max())
    #expect(found.allSatisfy { $0 == 0 || abs($0 - scale) < 1e-6 })
    let total = found.reduce(0, +) / Double(found.count)
    #expect(abs(total - 1) < 1e-3)
    let plane = side * side
    var inBlocks = 0
    var dropped = 0
    for image in 0..<examples * 2 {
      func isZero(_ y: Int, _ x: Int) -> Bool { found[image * plane + y * side + x] == 0 }
      for y in 0..<side {
        for x in 0..<side where isZero(y, x) {
          dropped += 1
          // Some block of zeros has this place in it.
          let hasBlock = (max(0, y - size + 1)...min(y, side - size)).contains { top in
            (max(0, x - size + 1)...min(x, side - size)).contains { left in
              (0..<plane).allSatisfy {
                let (row, column) = ($0 / side, $0 % side)
                return !(top..<top + size).contains(row) || !(left..<left + size).contains(column)
                  || isZero(row, column)
              }
            }
          }
          if hasBlock { inBlocks += 1 }
        }
      }
    }
    #expect(inBlocks == dropped)
    // Overlaps make it less than the rate, and by no more than the rate's square.
    let share = Double(dropped) / Double(found.count)
    #expect(share > 0.08 && share < 0.1 + 0.005, "\(share)")
  }

  @Test("drop_connect drops weights at its rate, the same for a batch, others at each step")
  func connections() throws {
    let units = 4000
    let layer: JSON = [
      "type": "dense", "units": .integer(units), "bias": false, "drop_connect": 0.3,
    ]
    let ones = [Float](repeating: 1, count: units * 2)
    func input(_ index: Int) -> Float { index % 2 == 0 ? 1 : 0 }
    let found = try outputs(layer, [3, 2], weights: ones, input: input)
    let first = Array(found[..<units])
    #expect(found == first + first + first)
    #expect(first.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
    let dropped = Double(first.count { $0 == 0 })
    #expect(abs(dropped - 0.3 * Double(units)) < 5 * (0.21 * Double(units)).squareRoot())
    #expect(try outputs(layer, [3, 2], weights: ones, step: 2, input: input) != found)
    let inferred = try outputs(layer, [3, 2], weights: ones, mode: .inference, input: input)
    #expect(inferred.allSatisfy { $0 == 1 })
  }

  @Test("drop_connect and drop_block are refused where they make no sense")
  func refused() {
    func faults(_ layers: JSON, _ shape: JSON) -> String {
      do throws(Faults) {
        _ = try ModelSpec(["input": ["shape": shape], "layers": layers])
        return ""
      } catch {
        return error.all.map { "\($0.pointer): \($0.detail)" }.joined(separator: "\n")
      }
    }
    let flat = faults([["type": "flatten", "drop_connect": 0.5]], [2, 3])
    #expect(flat.contains("/layers/0/drop_connect: flatten has no weights to drop"))
    let both = faults(
      [["type": "dense", "units": 2, "weight_norm": true, "drop_connect": 0.5]], [3])
    #expect(both.contains("/layers/0/drop_connect") && both.contains("weight_norm"))
    #expect(
      faults([["type": "drop_block", "size": 5]], [2, 4, 8]).contains("5 × 5 doesn't lie in"))
    #expect(faults([["type": "drop_block"]], [2, 8]).contains("blocks are of images"))
    #expect(faults([["type": "lstm", "units": 2, "drop_connect": 0.5]], [4, 3]).isEmpty)
  }
}
