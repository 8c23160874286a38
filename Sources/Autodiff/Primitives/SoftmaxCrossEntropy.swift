import Kernels
import Tensors

/// How places count in a cross entropy of classes.
public struct CrossEntropyOptions: Hashable, Sendable {
  /// The class whose places don't count, be it one of the outputs or not.
  public var ignoredClass: Int32?
  /// The share of the target that goes to all classes alike: Szegedy et al. 2016, arXiv:1512.00567.
  public var smoothing: Double

  public init(ignoredClass: Int32? = nil, smoothing: Double = 0) {
    self.ignoredClass = ignoredClass
    self.smoothing = smoothing
  }

  func check() throws(GraphError) {
    guard smoothing >= 0, smoothing <= 1 else {
      throw GraphError(.invalidSetting, "the smoothing is \(smoothing)", rule: "from 0 to 1")
    }
  }
}

/// The mean of `-log softmax(x)[t]` over the rows, weighted by the class where there are weights.
///
/// `Σ_n ((1 - ε) w[t_n] ℓ[t_n] + (ε / K) Σ_k w[k] ℓ[k]) / Σ_n w[t_n]` with `ℓ = -log softmax(x_n)`, over the
/// rows whose class isn't ignored; 0 when there are none. The auxiliary is the derivative with respect to
/// the logits, computed while the row is at hand.
struct SoftmaxCrossEntropy: Primitive {
  var options = CrossEntropyOptions()
  /// Whether the third input has the weights of the classes.
  var hasWeights = false

  static let rule = "logits […, K], class indices […] and class weights [K]"

  var name: String { "softmax_cross_entropy" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = hasWeights ? 3 : 2
    try TypeCheck.count(inputs, count...count)
    try TypeCheck.floats([inputs[0]] + inputs.dropFirst(2))
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
    if hasWeights { try SoftmaxCrossEntropy.check(weights: inputs[2].shape, logits: logits) }
    try options.check()
    return TensorType([], inputs[0].element)
  }

  static func check(weights: Shape, logits: Shape) throws(GraphError) {
    guard weights == [logits[logits.rank - 1]] else {
      throw GraphError(
        .shapeMismatch, "the logits \(logits) and the class weights \(weights) don't meet",
        rule: SoftmaxCrossEntropy.rule)
    }
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.crossEntropyWorkspaceBytes(rows: inputs[1].shape.count)
  }

  func lower(_ context: inout Lowering) {
    let (logits, classes) = (context.input(0), context.input(1))
    let settings = Kernels.CrossEntropySettings(
      weights: hasWeights ? context.input(2).pointer : nil, smoothing: options.smoothing,
      ignored: options.ignoredClass)
    let calls = Kernels.crossEntropy(
      context.element, x: logits.pointer, classes: classes.pointer, settings: settings,
      dx: context.auxiliary?.pointer, y: context.output.pointer, rows: classes.count,
      width: logits.count / classes.count, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let constants: [Value?] = try SoftmaxCrossEntropy.constants(context, from: 1)
    return [try context.scaledAuxiliary()] + constants
  }

  /// `m_n (diag(p) - p pᵀ)` times the cotangent, a row, over the sum of weights; `m_n` is what the row's
  /// target adds up to.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let constants: [Value?] = try SoftmaxCrossEntropy.constants(context, from: 1)
    let (logits, classes) = (context.inputs[0], context.inputs[1])
    let rows = context.type(of: classes).shape.count
    let probabilities = try context.graph.softmax(logits)
    let gradient = try context.graph.apply(
      SoftmaxGradient(isLogarithm: false), [context.cotangent, probabilities])
    if options.ignoredClass == nil, !hasWeights {
      return [try context.graph.scale(gradient, by: 1 / Double(rows))] + constants
    }
    let mass = try rowMass(&context)
    let divisor = try context.graph.apply(
      ClassWeightSum(
        ignoredClass: options.ignoredClass, hasWeights: hasWeights, element: context.graph.element),
      Array(context.inputs.dropFirst()))
    let share = try context.graph.reciprocal(
      context.graph.select(divisor, divisor, context.graph.scalar(1)))
    return [
      try context.graph.multiply(gradient, context.graph.multiply(mass, share))
    ] + constants
  }

  /// What each row's target adds up to, `[…, 1]`; 0 where it's ignored.
  private func rowMass(_ context: inout DerivativeContext) throws(GraphError) -> Value {
    let shape = context.type(of: context.inputs[0]).shape
    let (width, element) = (shape[shape.rank - 1], context.graph.element)
    let ones = context.graph.constant(1, shape: [width])
    let weights = hasWeights ? context.inputs[2] : ones
    let uniform = try context.graph.scale(
      context.graph.sum(weights), by: options.smoothing / Double(width))
    var masses = try context.graph.add(
      context.graph.scale(weights, by: 1 - options.smoothing), uniform)
    if let ignored = options.ignoredClass, (0..<width).contains(Int(ignored)) {
      let kept = (0..<width).map { $0 == Int(ignored) ? 0.0 : 1 }
      let tensor =
        element == .float64
        ? Tensor(kept, shape: [width]) : Tensor(kept.map { Float($0) }, shape: [width])
      masses = try context.graph.multiply(masses, context.graph.constant(tensor))
    }
    // A class that is none of the outputs has a row of zeros.
    let taken = try context.graph.oneHot(context.inputs[1], classes: width)
    return try context.graph.sum(
      context.graph.multiply(taken, masses), axes: [-1], keepsAxes: true)
  }

  /// Nothing for classes and weights, which are constants.
  static func constants(
    _ context: DerivativeContext, from first: Int
  ) throws(GraphError) -> [Value?] {
    for index in first..<context.inputs.count where context.isNeeded(index) {
      throw GraphError(
        .notDifferentiable, "it has no derivative by the class weights",
        rule: "class weights are constants")
    }
    return [Value?](repeating: nil, count: context.inputs.count - first)
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
  /// `-(1/N) Σ_n log softmax(x_n)[t_n]`; with weights, smoothing and an ignored class as
  /// torch.nn.CrossEntropyLoss, but 0 where no row counts. A class that is neither ignored nor from 0 to
  /// K - 1 makes the loss NaN.
  ///
  /// - Shapes: logits `[…, K]`, class indices int32 `[…]`, class weights `[K]`, loss `[]`.
  public mutating func softmaxCrossEntropy(
    _ logits: Value, classIndices: Value, classWeights: Value? = nil,
    options: CrossEntropyOptions = CrossEntropyOptions()
  ) throws(GraphError) -> Value {
    try apply(
      SoftmaxCrossEntropy(options: options, hasWeights: classWeights != nil),
      [logits, classIndices] + (classWeights.map { [$0] } ?? []))
  }
}

extension SoftmaxCrossEntropy {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Int)] = [
      ([4, 3], 3), ([5], 5), ([2, 3, 4], 4), ([33, 10], 10), ([1, 2], 2),
    ]
    let plain = shapes.map { shape, classes in
      PrimitiveCase(
        SoftmaxCrossEntropy(),
        [.init(shape), .init(Shape(Array(shape.dimensions.dropLast())), .classes(classes))],
        torch: "F.cross_entropy(a.reshape(-1, \(classes)), b.reshape(-1).long())")
    }
    let settings: [(CrossEntropyOptions, Bool)] = [
      (CrossEntropyOptions(), true),
      (CrossEntropyOptions(smoothing: 0.1), false),
      (CrossEntropyOptions(ignoredClass: 2), false),
      (CrossEntropyOptions(ignoredClass: 1, smoothing: 0.3), true),
      (CrossEntropyOptions(ignoredClass: 4, smoothing: 1), true),
      // None of the outputs, as padding is marked.
      (CrossEntropyOptions(ignoredClass: 5, smoothing: 0.2), true),
    ]
    let others = settings.map { options, hasWeights in
      let ignored = options.ignoredClass.map { "ignore_index=\($0), " } ?? ""
      let classes = options.ignoredClass == 5 ? 6 : 5
      return PrimitiveCase(
        SoftmaxCrossEntropy(options: options, hasWeights: hasWeights),
        [.init([3, 4, 5]), .init([3, 4], .classes(classes))]
          + (hasWeights ? [.init([5], .positive)] : []),
        checked: [0],
        torch: "F.cross_entropy(a.reshape(-1, 5), b.reshape(-1).long(), "
          + "\(hasWeights ? "weight=c, " : "")\(ignored)label_smoothing=\(options.smoothing))")
    }
    return PrimitiveEntry("softmax_cross_entropy", cases: plain + others)
  }
}
