import Kernels
import Tensors

/// How much the places of a batch weigh in a cross entropy: `Σ_n w[t_n]` over those that count.
///
/// What a mean of weighted losses is divided by, so that means of batches add up to that of all examples.
struct ClassWeightSum: Primitive {
  let ignoredClass: Int32?
  /// Whether the second input has weights; without, each place weighs 1.
  let hasWeights: Bool
  /// Of the result, where no weights say.
  let element: ElementType

  static let rule = "class indices […] and class weights [K]"

  var name: String { "class_weight_sum" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = hasWeights ? 2 : 1
    try TypeCheck.count(inputs, count...count)
    try TypeCheck.element(inputs[0], .int32)
    guard hasWeights else { return TensorType([], element) }
    try TypeCheck.floats([inputs[1]])
    try TypeCheck.rank(inputs[1], 1, "the class weights", rule: ClassWeightSum.rule)
    return TensorType([], inputs[1].element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int { 8 }

  func lower(_ context: inout Lowering) {
    let classes = context.input(0)
    let settings = Kernels.CrossEntropySettings(
      weights: hasWeights ? context.input(1).pointer : nil, smoothing: 0, ignored: ignoredClass)
    let calls = Kernels.classWeightSum(
      context.element, classes: classes.pointer, settings: settings, y: context.output.pointer,
      rows: classes.count, width: hasWeights ? context.input(1).count : 0,
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    try SoftmaxCrossEntropy.constants(context, from: 0)
  }
}

extension Graph {
  /// How much places weigh in `softmaxCrossEntropy`: what its mean is divided by.
  ///
  /// - Shapes: class indices int32 `[…]`, class weights `[K]`, sum `[]`.
  public mutating func classWeightSum(
    _ classIndices: Value, classWeights: Value? = nil, ignoredClass: Int32? = nil
  ) throws(GraphError) -> Value {
    try apply(
      ClassWeightSum(
        ignoredClass: ignoredClass, hasWeights: classWeights != nil, element: element),
      [classIndices] + (classWeights.map { [$0] } ?? []))
  }
}

extension ClassWeightSum {
  static var entry: PrimitiveEntry {
    let settings: [(Int32?, Bool, Shape)] = [
      (nil, false, [7]), (2, false, [3, 4]), (nil, true, [5]), (0, true, [4, 2]), (3, true, [40]),
      (4, true, [6]),
    ]
    return PrimitiveEntry(
      "class_weight_sum",
      cases: settings.map { ignored, hasWeights, shape in
        let weight =
          hasWeights ? "torch.cat((b, b.new_zeros(1)))[a.long()]" : "torch.ones(a.shape)"
        return PrimitiveCase(
          "class_weight_sum",
          [.init(shape, .classes(ignored == 4 ? 5 : 4))]
            + (hasWeights ? [.init([4], .positive)] : []),
          checked: [],
          torch: ignored.map { "torch.where(a == \($0), 0.0, \(weight)).sum()" }
            ?? "\(weight).sum()"
        ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
          try graph.classWeightSum(
            x[0], classWeights: hasWeights ? x[1] : nil, ignoredClass: ignored)
        }
      })
  }
}
