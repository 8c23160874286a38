import Kernels
import Tensors

/// Sets elements to zero at random and scales the others, so that the mean stays.
///
/// Which ones is a function of seed, step, stream and position. The auxiliary is the factor of each
/// element, 0 or `1 / (1 - rate)`.
struct Dropout: Primitive {
  let rate: Double
  /// The layer's name; two layers of one name would drop the same places.
  let stream: String

  var name: String { "dropout" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.drawing(inputs)
    guard rate >= 0, rate < 1 else {
      throw GraphError(
        .invalidSetting, "the rate is \(rate)", rule: "it is at least 0 and less than 1")
    }
    return inputs[0]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  func lower(_ context: inout Lowering) {
    context.emit(
      Kernels.dropout(
        context.element, x: context.input(0).pointer, y: context.output.pointer,
        factors: context.auxiliary?.pointer, random: context.input(1).pointer, rate: rate,
        stream: Philox(seed: 0, purpose: stream).key, count: context.output.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    guard let factors = context.auxiliary else { return [nil, nil] }
    return [try context.graph.multiply(context.cotangent, factors), nil]
  }

  /// The factors don't depend on the input.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] { [nil, nil] }
}

extension Graph {
  /// `y = x m / (1 - rate)`, `m ~ Bernoulli(1 - rate)`. Srivastava et al. 2014, JMLR 15, 1929-1958.
  ///
  /// Reads `random`. `stream` keeps the draws of several layers apart.
  public mutating func dropout(
    _ x: Value, rate: Double, stream: String
  ) throws(GraphError) -> Value {
    let random = randomInput()
    return try apply(Dropout(rate: rate, stream: stream), [x, random])
  }
}

extension Dropout {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "dropout",
      cases: [
        (0.5, [4, 5] as Shape), (0.1, [2, 3, 4]), (0, [3]), (0.9, [1]), (0.3, [37]),
      ].map { rate, shape in
        PrimitiveCase(
          Dropout(rate: rate, stream: "check"), [.init(shape), .init([4], .seedAndStep)],
          torch: "dropout(a, b, \(rate), \(Philox(seed: 0, purpose: "check").key))")
      })
  }
}
