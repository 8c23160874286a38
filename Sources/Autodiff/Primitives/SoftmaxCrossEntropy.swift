import Kernels
import Tensors

/// The mean of `-log softmax(x)[t]` over the rows.
///
/// The auxiliary is the derivative with respect to the logits, `(softmax(x) - onehot(t)) / N`, computed
/// while the row is at hand.
struct SoftmaxCrossEntropy: Primitive {
  static let rule = "logits […, K] and class indices […]"

  var name: String { "softmax_cross_entropy" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    let (logits, classes) = (inputs[0].shape, inputs[1].shape)
    guard logits.rank > 0 else {
      throw GraphError(
        .rankMismatch, "the logits \(logits) have no axis", rule: SoftmaxCrossEntropy.rule)
    }
    guard Array(logits.dimensions.dropLast()) == classes.dimensions else {
      throw GraphError(
        .shapeMismatch, "the logits \(logits) and the class indices \(classes) don't meet",
        rule: SoftmaxCrossEntropy.rule)
    }
    return TensorType([], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.crossEntropyWorkspaceBytes(rows: inputs[1].shape.count)
  }

  func lower(_ context: inout Lowering) {
    let (logits, classes) = (context.input(0), context.input(1))
    let calls = Kernels.crossEntropy(
      context.element, x: logits.pointer, classes: classes.pointer,
      dx: context.auxiliary?.pointer, y: context.output.pointer, rows: classes.count,
      width: logits.count / classes.count, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.scaledAuxiliary(), nil]
  }

  /// `(diag(p) - p pᵀ) / N` times the cotangent, a row.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let logits = context.inputs[0]
    let rows = context.type(of: context.inputs[1]).shape.count
    let probabilities = try context.graph.softmax(logits)
    let gradient = try context.graph.apply(
      SoftmaxGradient(isLogarithm: false), [context.cotangent, probabilities])
    return [try context.graph.scale(gradient, by: 1 / Double(rows)), nil]
  }
}

extension DerivativeContext {
  /// The auxiliary of a loss, which is its derivative, times the loss's cotangent.
  mutating func scaledAuxiliary() throws(GraphError) -> Value? {
    guard let auxiliary else { return nil }
    return cotangentIsOne ? auxiliary : try graph.multiply(auxiliary, cotangent)
  }
}

extension Graph {
  /// Softmax and the negative log-likelihood of the right class, the mean over all rows.
  ///
  /// `-(1/N) Σ_n log softmax(x_n)[t_n]`. A class that isn't from 0 to K - 1 makes the loss NaN.
  ///
  /// - Shapes: logits `[…, K]`, class indices int32 `[…]`, loss `[]`.
  public mutating func softmaxCrossEntropy(
    _ logits: Value, classIndices: Value
  ) throws(GraphError) -> Value {
    try apply(SoftmaxCrossEntropy(), [logits, classIndices])
  }
}

extension SoftmaxCrossEntropy {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Int)] = [
      ([4, 3], 3), ([5], 5), ([2, 3, 4], 4), ([33, 10], 10), ([1, 2], 2),
    ]
    return PrimitiveEntry(
      "softmax_cross_entropy",
      cases: shapes.map { shape, classes in
        PrimitiveCase(
          SoftmaxCrossEntropy(),
          [.init(shape), .init(Shape(Array(shape.dimensions.dropLast())), .classes(classes))],
          torch: "F.cross_entropy(a.reshape(-1, \(classes)), b.reshape(-1).long())")
      })
  }
}
