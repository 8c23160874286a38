import Kernels
import Tensors

/// Adds normal draws, which are a function of seed, step, stream and position.
struct GaussianNoise: Primitive {
  /// The standard deviation of the draws.
  let deviation: Double
  /// The layer's name; two layers of one name would add the same numbers.
  let stream: String

  var name: String { "gaussian_noise" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.drawing(inputs)
    guard deviation >= 0, deviation.isFinite else {
      throw GraphError(
        .invalidSetting, "the standard deviation is \(deviation)",
        rule: "it is a number of at least 0")
    }
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    context.emit(
      Kernels.gaussianNoise(
        context.element, x: context.input(0).pointer, y: context.output.pointer,
        random: context.input(1).pointer, deviation: deviation,
        stream: Philox(seed: 0, purpose: stream).key, count: context.output.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [context.cotangent, nil]
  }
}

extension Graph {
  /// `y = x + deviation n`, with `n` drawn from N(0, 1) for each element.
  ///
  /// Reads `random`. `stream` keeps the draws of several layers apart.
  public mutating func gaussianNoise(
    _ x: Value, deviation: Double, stream: String
  ) throws(GraphError) -> Value {
    let random = randomInput()
    return try apply(GaussianNoise(deviation: deviation, stream: stream), [x, random])
  }
}

extension GaussianNoise {
  static var entry: PrimitiveEntry {
    let cases: [(Double, Shape)] = [
      (1, [4, 5]), (0.1, [2, 3, 4]), (0, [3]), (2.5, [1]), (0.3, [37]), (1, [1031]),
    ]
    return PrimitiveEntry(
      "gaussian_noise",
      cases: cases.map { deviation, shape in
        PrimitiveCase(
          GaussianNoise(deviation: deviation, stream: "check"),
          [.init(shape), .init([4], .seedAndStep)],
          torch: "gaussian_noise(a, b, \(deviation), \(Philox(seed: 0, purpose: "check").key))")
      })
  }
}
