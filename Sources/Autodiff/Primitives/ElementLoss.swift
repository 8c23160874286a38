import Kernels
import Tensors

/// A loss that is a mean over all elements of prediction and target.
///
/// The auxiliary is the derivative with respect to the prediction.
struct ElementLoss: Primitive {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// `max(x, 0) - x t + log(1 + e^-|x|)`.
    case binaryCrossEntropy = "binary_cross_entropy"
    /// `(x - t)²`.
    case squaredError = "mean_squared_error"
  }

  let kind: Kind

  var name: String { kind.rawValue }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    try TypeCheck.same(inputs[0], inputs[1], "output and target")
    return TensorType([], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.elementLossWorkspaceBytes(count: inputs[0].shape.count)
  }

  func lower(_ context: inout Lowering) {
    let (x, target) = (context.input(0), context.input(1))
    let calls = Kernels.elementLoss(
      kind == .squaredError ? .squaredError : .binaryCrossEntropy, context.element,
      x: x.pointer, target: target.pointer, dx: context.auxiliary?.pointer,
      y: context.output.pointer, count: x.count, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let forPrediction = try context.scaledAuxiliary()
    guard context.isNeeded(1) else { return [forPrediction, nil] }
    switch kind {
    case .squaredError:
      guard let forPrediction else { return [nil, nil] }
      return [forPrediction, try context.graph.negate(forPrediction)]
    case .binaryCrossEntropy:
      let prediction = context.inputs[0]
      let count = context.type(of: prediction).shape.count
      let scaled = try context.graph.scale(prediction, by: -1 / Double(count))
      return [forPrediction, try context.graph.multiply(scaled, context.cotangent)]
    }
  }

  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let (prediction, cotangent) = (context.inputs[0], context.cotangent)
    let share = 1 / Double(context.type(of: prediction).shape.count)
    switch kind {
    case .squaredError:
      let forPrediction = try context.graph.scale(cotangent, by: 2 * share)
      return [forPrediction, try context.graph.negate(forPrediction)]
    case .binaryCrossEntropy:
      let sigmoid = try context.graph.activation(.sigmoid, prediction)
      let slope = try context.graph.apply(ActivationGradient(kind: .sigmoid), [cotangent, sigmoid])
      return [
        try context.graph.scale(slope, by: share), try context.graph.scale(cotangent, by: -share),
      ]
    }
  }
}

extension Graph {
  /// Sigmoid and the negative log-likelihood, the mean over all elements.
  ///
  /// `(1/M) Σ max(x, 0) - x t + log(1 + e^-|x|)`, which never overflows.
  ///
  /// - Shapes: logits and targets of one shape, targets from 0 to 1; loss `[]`.
  public mutating func binaryCrossEntropyWithLogits(
    _ logits: Value, targets: Value
  ) throws(GraphError) -> Value {
    try apply(ElementLoss(kind: .binaryCrossEntropy), [logits, targets])
  }

  /// `(1/M) Σ (x - t)²`, over all elements.
  ///
  /// - Shapes: prediction and target of one shape; loss `[]`.
  public mutating func meanSquaredError(
    _ prediction: Value, target: Value
  ) throws(GraphError) -> Value {
    try apply(ElementLoss(kind: .squaredError), [prediction, target])
  }
}

extension ElementLoss {
  static var entries: [PrimitiveEntry] {
    Kind.allCases.map { kind in
      let shapes: [Shape] = [[4, 3], [1], [], [2, 3, 5], [70]]
      return PrimitiveEntry(
        kind.rawValue,
        cases: shapes.map {
          PrimitiveCase(
            ElementLoss(kind: kind), [.init($0), .init($0, .probabilities)], torch: kind.torch)
        })
    }
  }
}

extension ElementLoss.Kind {
  fileprivate var torch: String {
    switch self {
    case .binaryCrossEntropy: "F.binary_cross_entropy_with_logits(a, b)"
    case .squaredError: "F.mse_loss(a, b)"
    }
  }
}
