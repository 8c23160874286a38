import Autodiff
import JSON
import Tensors
import Testing

@testable import NeuralNetworks

@Suite struct InitializerTests {
  /// What `torch.nn.init` says of a weight `[96, 64, 3, 3]`: fan_in 576, fan_out 864.
  static let shape: Shape = [96, 64, 3, 3]

  struct Case: CustomTestStringConvertible {
    let json: JSON
    let mean: Double
    let deviation: Double
    /// The bound of a uniform distribution.
    let bound: Double?
    var testDescription: String { json.description }
  }

  /// Bounds and deviations printed by `xavier_*` and `kaiming_*` of PyTorch 2.15 for that shape:
  /// sqrt(6/1440), sqrt(2/1440), sqrt(2) sqrt(3/576), sqrt(2)/sqrt(576), ….
  static let cases: [Case] = [
    Case(json: "glorot_uniform", mean: 0, deviation: 0.0372677996, bound: 0.0645497224),
    Case(json: "glorot_normal", mean: 0, deviation: 0.0372677996, bound: nil),
    Case(json: "xavier_uniform", mean: 0, deviation: 0.0372677996, bound: 0.0645497224),
    Case(
      json: ["type": "glorot_normal", "gain": 3.0], mean: 0, deviation: 0.1118033989, bound: nil),
    Case(json: "he_uniform", mean: 0, deviation: 0.0589255651, bound: 0.1020620726),
    Case(json: "he_normal", mean: 0, deviation: 0.0589255651, bound: nil),
    Case(
      json: ["type": "he_normal", "gain": 1.0, "mode": "fan_out"], mean: 0, deviation: 0.0340206909,
      bound: nil),
    Case(
      json: ["type": "he_uniform", "mode": "fan_out"], mean: 0, deviation: 0.0481125224,
      bound: 0.0833333333),
    // 1 / sqrt(576) and sqrt(3 / 576).
    Case(json: "lecun_normal", mean: 0, deviation: 0.0416666667, bound: nil),
    Case(json: "lecun_uniform", mean: 0, deviation: 0.0416666667, bound: 0.0721687836),
    Case(json: "normal", mean: 0, deviation: 0.05, bound: nil),
    Case(json: ["type": "normal", "mean": 2.0, "std": 0.5], mean: 2, deviation: 0.5, bound: nil),
    Case(
      json: ["type": "uniform", "low": -1.0, "high": 1.0], mean: 0, deviation: 0.5773502692,
      bound: 1),
  ]

  static func draw(_ initializer: Initializer, _ shape: Shape, seed: UInt64) -> [Double] {
    var elements = [Double](repeating: .nan, count: shape.count)
    elements.withUnsafeMutableBufferPointer {
      initializer.distribution(for: shape).fill($0, from: Philox(seed: seed, purpose: "test"))
    }
    return elements
  }

  @Test("mean, deviation and bounds are those of PyTorch's formulas", arguments: cases)
  func moments(expected: Case) throws {
    let initializer = try Initializer(expected.json, pointer: "")
    let elements = Self.draw(initializer, Self.shape, seed: 7)
    let count = Double(elements.count)
    let mean = elements.reduce(0, +) / count
    let variance = elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // Five standard errors of the mean, and of the deviation of the wider (normal) distribution.
    #expect(abs(mean - expected.mean) < 5 * expected.deviation / count.squareRoot())
    #expect(
      abs(variance.squareRoot() - expected.deviation)
        < 5 * expected.deviation / (2 * count).squareRoot())
    if let bound = expected.bound {
      let largest = elements.reduce(0) { max($0, abs($1 - expected.mean)) }
      #expect(largest <= bound * (1 + 1e-9))
      // Of 55,296 uniform draws the largest is within 0.1% of the bound but for e^-55.
      #expect(largest > bound * 0.999)
    }
  }

  @Test("a normal distribution has a normal's share within one, two and three deviations")
  func shares() throws {
    let elements = Self.draw(.normal(mean: 0, standardDeviation: 1), [400, 500], seed: 3)
    for (limit, share) in [(1.0, 0.6826895), (2.0, 0.9544997), (3.0, 0.9973002)] {
      let found = Double(elements.count { abs($0) <= limit }) / Double(elements.count)
      #expect(abs(found - share) < 5 * (share * (1 - share) / Double(elements.count)).squareRoot())
    }
  }

  @Test(
    "constants fill every element", arguments: [("zeros", 0.0), ("constant", 0.0), ("ones", 1.0)])
  func constants(name: String, value: Double) throws {
    let initializer = try Initializer(.string(name), pointer: "")
    #expect(Self.draw(initializer, [3, 4], seed: 1) == [Double](repeating: value, count: 12))
    let given = try Initializer(["type": "constant", "value": 2.5], pointer: "")
    #expect(Self.draw(given, [5], seed: 1) == [2.5, 2.5, 2.5, 2.5, 2.5])
  }

  @Test("every entry of the catalog reads its name and writes itself back")
  func catalog() throws {
    for entry in InitializerCatalog.entries {
      let run: JSON = ["type": "from", "run": "run_01KB7C8F4H2J9K6M3N5P7Q1R0S"]
      let initializer = try Initializer(
        entry.type == "from" ? run : .string(entry.type), pointer: "")
      #expect(try Initializer(initializer.json, pointer: "") == initializer)
    }
    for entry in ActivationCatalog.entries where !entry.fields.contains(where: \.isRequired) {
      let activation = try Activation(.string(entry.type), pointer: "")
      #expect(try Activation(activation.json, pointer: "") == activation)
    }
  }

  private static func bits(_ store: ParameterStore, _ index: Int, _ count: Int) -> [UInt32] {
    let pointer = store.pointer(index).assumingMemoryBound(to: Float.self)
    return (0..<count).map { pointer[$0].bitPattern }
  }

  @Test("a parameter is a function of the seed and its name, whatever else the model has")
  func deterministic() throws {
    func model(_ first: Int) throws -> Model {
      try Model(
        ModelSpec([
          "input": ["shape": [6]],
          "layers": [
            ["type": "dense", "units": .integer(first), "name": "a"],
            ["type": "dense", "units": 6, "name": "b"], ["type": "dense", "units": 3, "name": "c"],
          ],
        ]))
    }
    let small = try model(4).initialParameters(seed: 9)
    let same = try model(4).initialParameters(seed: 9)
    let large = try model(8).initialParameters(seed: 9)
    let other = try model(4).initialParameters(seed: 10)
    for index in 0..<6 {
      let count = try model(4).parameters[index].shape.count
      #expect(Self.bits(small, index, count) == Self.bits(same, index, count))
    }
    #expect(Self.bits(small, 4, 18) == Self.bits(large, 4, 18))
    #expect(Self.bits(small, 4, 18) != Self.bits(other, 4, 18))
    #expect(Self.bits(small, 0, 18) != Self.bits(small, 4, 18))
    #expect(Self.bits(small, 1, 4) == [0, 0, 0, 0])
  }

  @Test("in float64 the parameters are the same numbers, unrounded")
  func doublePrecision() throws {
    let model = try Model(ModelSpec(ModelTests.fashion))
    let single = model.initialParameters(seed: 5)
    let double = model.initialParameters(seed: 5, element: .float64)
    let singles = single.pointer(0).assumingMemoryBound(to: Float.self)
    let doubles = double.pointer(0).assumingMemoryBound(to: Double.self)
    for index in 0..<288 { #expect(singles[index] == Float(doubles[index])) }
  }
}
