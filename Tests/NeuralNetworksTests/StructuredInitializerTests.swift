import JSON
import Tensors
import Testing

@testable import NeuralNetworks

/// Initializers whose elements aren't independent, or are drawn between bounds.
@Suite struct StructuredInitializerTests {
  private static func draw(_ json: JSON, _ shape: Shape, seed: UInt64 = 1) throws -> [Double] {
    InitializerTests.draw(try Initializer(json, pointer: ""), shape, seed: seed)
  }

  /// Published tables of the normal distribution: Wichura 1988, and Abramowitz and Stegun 1964, tables 26.1 and 26.2.
  @Test("quantiles and probabilities of the normal distribution are the tables'")
  func normalDistribution() {
    for (probability, number) in [
      (0.025, -1.959963984540054), (0.3, -0.5244005127080409), (0.5, 0),
      (0.9, 1.2815515655446004), (1e-10, -6.361340902404056),
    ] {
      #expect(abs(NormalDistribution.quantile(probability) - number) < 1e-13)
    }
    for (number, probability) in [
      (-10, 7.61985302416053e-24), (-1, 0.15865525393145707), (0, 0.5), (2.5, 0.9937903346742238),
    ] {
      let found = NormalDistribution.cumulative(number)
      #expect(abs(found - probability) < 1e-13 * probability)
    }
  }

  @Test("a truncated normal distribution has the moments and shares of one, and nothing beyond")
  func truncated() throws {
    let shape: Shape = [300, 400]
    let count = Double(shape.count)
    let elements = try Self.draw(
      ["type": "truncated_normal", "mean": 1.0, "std": 0.5], shape)
    let mean = elements.reduce(0, +) / count
    let variance = elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // Between -2 and 2 deviations: sqrt(1 - 4 φ(2) / (2 Φ(2) - 1)) = 0.8796256610.
    let deviation = 0.5 * 0.8796256610
    #expect(abs(mean - 1) < 5 * deviation / count.squareRoot())
    let error = deviation / (2 * count).squareRoot()
    #expect(abs(variance.squareRoot() - deviation) < 5 * error)
    #expect(elements.allSatisfy { abs($0 - 1) <= 1 })
    // 0.6826895 / 0.9544997.
    let share = Double(elements.count { abs($0 - 1) <= 0.5 }) / count
    #expect(abs(share - 0.7152328) < 5 * (0.7152328 * 0.2847672 / count).squareRoot())
  }

  @Test("a tail is drawn as it is, and bounds hold also where nothing is likely")
  func tails() throws {
    let shape: Shape = [100, 200]
    let tail = try Self.draw(
      ["type": "truncated_normal", "std": 1.0, "low": 3.0, "high": 8.0], shape)
    // φ(3) / (1 - Φ(3)) = 3.2830986, with variance 1 + 3 · 3.2830986 - 3.2830986².
    let mean = tail.reduce(0, +) / 20_000
    #expect(abs(mean - 3.2830986) < 5 * (0.0705590 / 20_000).squareRoot())
    #expect(tail.allSatisfy { (3...8).contains($0) })
    for (low, high) in [(30.0, 31.0), (-31, -30), (45, 46), (-1e6, -1e5), (0.5, 0.5)] {
      let elements = try Self.draw(
        [
          "type": "truncated_normal", "std": 1.0, "low": .number(low), "high": .number(high),
        ], [50])
      #expect(elements.allSatisfy { (low...high).contains($0) })
    }
    #expect(
      try Self.draw(["type": "truncated_normal", "mean": 2.0, "std": 0.0], [2]) == [2, 2])
  }

  @Test(
    "rows of an orthogonal matrix, or its columns where they are fewer, have one length and no angle",
    arguments: [[5, 5], [4, 9], [20, 7], [6, 2, 3, 3], [1, 4], [3, 1], [70, 70]] as [Shape])
  func orthogonal(shape: Shape) throws {
    let elements = try Self.draw(["type": "orthogonal", "gain": 1.5], shape)
    let (rows, columns) = (shape[0], shape.dropFirst().count)
    let isWide = rows < columns
    for a in 0..<min(rows, columns) {
      for b in 0...a {
        let product = (0..<max(rows, columns)).reduce(0.0) { sum, place in
          isWide
            ? sum + elements[a * columns + place] * elements[b * columns + place]
            : sum + elements[place * columns + a] * elements[place * columns + b]
        }
        #expect(abs(product - (a == b ? 2.25 : 0)) < 1e-12)
      }
    }
  }

  @Test("orthogonal matrices are spread evenly over rotations and reflections")
  func evenness() throws {
    var (positive, reflections, squares) = (0, 0, 0.0)
    for seed in 0..<2000 {
      let m = try Self.draw("orthogonal", [2, 2], seed: UInt64(seed))
      if m[0] > 0 { positive += 1 }
      if m[0] * m[3] - m[1] * m[2] < 0 { reflections += 1 }
      squares += m[0] * m[0]
    }
    // Halves of 2,000, and the mean square of a cosine, whose variance is 1/8.
    #expect(abs(positive - 1000) < 112 && abs(reflections - 1000) < 112)
    #expect(abs(squares / 2000 - 0.5) < 5 * (0.125 / 2000).squareRoot())
  }

  @Test("identity is eye_ of a matrix and dirac_ of a kernel")
  func identity() throws {
    #expect(try Self.draw("identity", [2, 3]) == [1, 0, 0, 0, 1, 0])
    #expect(try Self.draw(["type": "eye", "gain": 2.0], [3, 2]) == [2, 0, 0, 2, 0, 0])
    // Where torch.nn.init.dirac_ has ones.
    let places: [(Shape, [Int])] = [
      ([2, 3, 3], [1, 13]), ([3, 2, 4], [2, 14]), ([2, 2, 3, 2], [3, 21]),
      ([2, 1, 1, 2, 3], [4]),
    ]
    for (shape, ones) in places {
      let elements = try Self.draw("dirac", shape)
      #expect(elements.indices.filter { elements[$0] != 0 } == ones)
    }
  }

  @Test("sparse has its share of zeros in each column, and in no row more than in others")
  func sparse() throws {
    let elements = try Self.draw(["type": "sparse", "sparsity": 0.3, "std": 0.2], [25, 4000])
    var inRows = [Int](repeating: 0, count: 25)
    for column in 0..<4000 {
      let zeros = (0..<25).filter { elements[$0 * 4000 + column] == 0 }
      #expect(zeros.count == 8)
      for row in zeros { inRows[row] += 1 }
    }
    // 8 of 25 for each of 4,000 columns.
    let deviation = (4000 * 0.32 * 0.68).squareRoot()
    for zeros in inRows { #expect(abs(Double(zeros) - 1280) < 5 * deviation) }
    let others = elements.filter { $0 != 0 }
    let count = Double(others.count)
    let spread = (others.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    let error = 0.2 / (2 * count).squareRoot()
    #expect(abs(spread - 0.2) < 5 * error)
    #expect(try Self.draw(["type": "sparse", "sparsity": 1], [3, 2]) == [0, 0, 0, 0, 0, 0])
  }

  @Test("attention and recurrent layers begin as they are told")
  func members() throws {
    let model = try Model(
      ModelSpec([
        "input": ["shape": [5, 4]],
        "layers": [
          [
            "type": "transformer_block", "heads": 2, "name": "t",
            "initializer": ["type": "constant", "value": 0.5],
          ],
          [
            "type": "lstm", "units": 3, "name": "r", "initializer": "ones",
            "recurrent_initializer": "orthogonal", "bias_initializer": "zeros",
          ],
        ],
      ]))
    #expect(try ModelSpec(model.spec.json).json == model.spec.json)
    let store = model.initialParameters(seed: 1)
    func numbers(_ name: String) throws -> [Double] {
      let index = try #require(store.index(of: name))
      return store.bytes(index).bindMemory(to: Float.self).map(Double.init)
    }
    for name in ["self_attn.in_proj_weight", "self_attn.out_proj.weight", "linear2.weight"] {
      #expect(try numbers("t.\(name)").allSatisfy { $0 == 0.5 })
    }
    #expect(try numbers("t.linear1.bias").allSatisfy { $0 == 0 })
    #expect(try numbers("r.weight_ih_l0").allSatisfy { $0 == 1 })
    #expect(try numbers("r.bias_hh_l0").allSatisfy { $0 == 0 })
    let state = try numbers("r.weight_hh_l0")
    for a in 0..<3 {
      for b in 0...a {
        let product = (0..<12).reduce(0.0) { $0 + state[3 * $1 + a] * state[3 * $1 + b] }
        #expect(abs(product - (a == b ? 1 : 0)) < 1e-6)
      }
    }
  }

  static let faults: [(layers: String, pointer: String, detail: String)] = [
    (
      #"{"type":"dense","units":2,"initializer":{"type":"truncated_normal","low":1,"high":-1}}"#,
      "/layers/0/initializer/low", "the lower bound 1.0 is above the upper, -1.0"
    ),
    (
      #"{"type":"dense","units":2,"initializer":{"type":"truncated_normal","high":-1}}"#,
      "/layers/0/initializer/high", "the lower bound -0.1 is above the upper, -1.0"
    ),
    (
      #"{"type":"dense","units":2,"bias_initializer":"orthogonal"}"#,
      "/layers/0/bias_initializer", "orthogonal can't make the bias [2]"
    ),
    (
      #"{"type":"dense","units":2,"bias_initializer":"identity"}"#,
      "/layers/0/bias_initializer", "rule: identity is for a matrix or a kernel"
    ),
    (
      #"{"type":"dense","units":60000,"name":"a"},{"type":"dense","units":1000,"initializer":"orthogonal"}"#,
      "/layers/1/initializer", "with at most 33554432 elements"
    ),
    (
      #"{"type":"dense","units":5000,"name":"a"},{"type":"dense","units":5000,"initializer":"orthogonal"}"#,
      "/layers/1/initializer", "17179869184 of rows · columns · the fewer of both"
    ),
    (
      #"{"type":"reshape","shape":[1,2,2]},{"type":"conv2d","filters":1,"kernel":2,"initializer":"sparse"}"#,
      "/layers/1/initializer",
      "sparse can't make the weight [1, 1, 2, 2]; rule: sparse is for a matrix"
    ),
    (
      #"{"type":"reshape","shape":[2,2]},{"type":"gru","units":5000,"recurrent_initializer":"orthogonal"}"#,
      "/layers/1/recurrent_initializer", "orthogonal can't make the weight_hh_l0 [15000, 5000]"
    ),
    (
      #"{"type":"dense","units":2,"initializer":{"type":"sparse","sparsity":1.5}}"#,
      "/layers/0/initializer/sparsity", "1.5 is out of range; from 0.0 to 1.0"
    ),
  ]

  @Test("an initializer that doesn't fit its parameter is named with it", arguments: faults)
  func refused(layers: String, pointer: String, detail: String) throws {
    let json = try JSON(parsing: #"{"input":{"shape":[4]},"layers":[\#(layers)]}"#)
    do throws(Faults) {
      _ = try ModelSpec(json)
      Issue.record("the spec was accepted")
    } catch {
      #expect(error.all.map(\.pointer) == [pointer], "\(error)")
      #expect(error.all.first?.detail.contains(detail) == true, "\(error)")
    }
  }
}
