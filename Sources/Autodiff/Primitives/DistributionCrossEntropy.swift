import Kernels
import Tensors

/// The mean over the rows of a cross entropy whose targets are distributions over the classes.
///
/// `-(1/N) Σ_n Σ_k q_nk log softmax(x_n)[k]` with `q_nk = w[k] ((1 - ε) t_nk + ε / K)`. The auxiliary is the
/// derivative with respect to the logits, `(m_n softmax(x_n) - q_n) / N` where `m_n = Σ_k q_nk`.
struct DistributionCrossEntropy: Primitive {
  var smoothing = 0.0
  /// Whether the third input has the weights of the classes.
  var hasWeights = false

  static let rule = "logits […, K], probabilities […, K] and class weights [K]"

  var name: String { "cross_entropy_of_distributions" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = hasWeights ? 3 : 2
    try TypeCheck.count(inputs, count...count)
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[0], inputs[1], "logits and probabilities")
    guard inputs[0].shape.rank > 0 else {
      throw GraphError(
        .rankMismatch, "the logits \(inputs[0].shape) have no axis",
        rule: DistributionCrossEntropy.rule)
    }
    if hasWeights {
      try SoftmaxCrossEntropy.check(weights: inputs[2].shape, logits: inputs[0].shape)
    }
    try CrossEntropyOptions(smoothing: smoothing).check()
    return TensorType([], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  private static func rows(_ logits: Shape) -> Int { logits.count / logits[logits.rank - 1] }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.crossEntropyWorkspaceBytes(rows: DistributionCrossEntropy.rows(inputs[0].shape))
  }

  func lower(_ context: inout Lowering) {
    let logits = context.input(0)
    let rows = DistributionCrossEntropy.rows(logits.shape)
    let calls = Kernels.crossEntropyOfDistributions(
      context.element, x: logits.pointer, target: context.input(1).pointer,
      weights: hasWeights ? context.input(2).pointer : nil, smoothing: smoothing,
      dx: context.auxiliary?.pointer, y: context.output.pointer, rows: rows,
      width: logits.count / rows, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  /// For the target, `-(1 - ε) w log softmax(x) / N`.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let constants: [Value?] = try SoftmaxCrossEntropy.constants(context, from: 2)
    let forLogits = try context.scaledAuxiliary()
    guard context.isNeeded(1) else { return [forLogits, nil] + constants }
    let logarithms = try context.graph.logSoftmax(context.inputs[0])
    let forTarget = try context.graph.multiply(
      weighted(logarithms, by: -(1 - smoothing), &context), context.cotangent)
    return [forLogits, forTarget] + constants
  }

  /// `(diag(p) - p pᵀ) m c / N` for the logits, `(1 - ε) w (Σ c p - c) / N` for the target.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let constants: [Value?] = try SoftmaxCrossEntropy.constants(context, from: 2)
    let (logits, target, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let shape = context.type(of: logits).shape
    let probabilities = try context.graph.softmax(logits)
    let gradient = try context.graph.apply(
      SoftmaxGradient(isLogarithm: false), [cotangent, probabilities])
    let mixed = try context.graph.offset(
      context.graph.scale(target, by: 1 - smoothing), by: smoothing / Double(shape[shape.rank - 1]))
    let mass = try context.graph.sum(
      weighted(mixed, by: 1, &context), axes: [-1], keepsAxes: true)
    let forLogits = try context.graph.multiply(gradient, mass)
    guard context.isNeeded(1) else { return [forLogits, nil] + constants }
    let mean = try context.graph.sum(
      context.graph.multiply(cotangent, probabilities), axes: [-1], keepsAxes: true)
    let forTarget = try weighted(
      context.graph.subtract(mean, cotangent), by: 1 - smoothing, &context)
    return [forLogits, forTarget] + constants
  }

  /// `x w factor / N`.
  private func weighted(
    _ x: Value, by factor: Double, _ context: inout DerivativeContext
  ) throws(GraphError) -> Value {
    let rows = DistributionCrossEntropy.rows(context.type(of: context.inputs[0]).shape)
    let scaled = try context.graph.scale(x, by: factor / Double(rows))
    return hasWeights ? try context.graph.multiply(scaled, context.inputs[2]) : scaled
  }
}

extension Graph {
  /// Softmax and the cross entropy with distributions over the classes, the mean over all rows.
  ///
  /// As torch.nn.CrossEntropyLoss with probabilities: class weights don't change what it is divided by.
  ///
  /// - Shapes: logits and probabilities `[…, K]`, class weights `[K]`, loss `[]`.
  public mutating func softmaxCrossEntropy(
    _ logits: Value, probabilities: Value, classWeights: Value? = nil, smoothing: Double = 0
  ) throws(GraphError) -> Value {
    try apply(
      DistributionCrossEntropy(smoothing: smoothing, hasWeights: classWeights != nil),
      [logits, probabilities] + (classWeights.map { [$0] } ?? []))
  }
}

extension DistributionCrossEntropy {
  static var entry: PrimitiveEntry {
    let settings: [(Shape, Double, Bool)] = [
      ([4, 3], 0, false), ([5], 0, false), ([2, 3, 4], 0.2, false), ([33, 10], 0, true),
      ([3, 1, 6], 0.4, true), ([2, 2], 1, true),
    ]
    return PrimitiveEntry(
      "cross_entropy_of_distributions",
      cases: settings.map { shape, smoothing, hasWeights in
        let classes = shape[shape.rank - 1]
        return PrimitiveCase(
          DistributionCrossEntropy(smoothing: smoothing, hasWeights: hasWeights),
          [.init(shape), .init(shape, .probabilities)]
            + (hasWeights ? [.init([classes], .positive)] : []),
          checked: [0, 1],
          torch: "F.cross_entropy(a.reshape(-1, \(classes)), b.reshape(-1, \(classes)), "
            + "\(hasWeights ? "weight=c, " : "")label_smoothing=\(smoothing))")
      })
  }
}
