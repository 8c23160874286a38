import Kernels
import Tensors

/// Connectionist temporal classification: Graves et al. 2006, doi:10.1145/1143844.1143891.
///
/// `-log Σ_π Π_t softmax(x_t)[π_t]` over the paths `π` that give the labels once repeated ones are joined and
/// blanks dropped, by the forward and backward recursion over the labels with blanks between them, in
/// logarithms of float64. Each example's loss is divided by its number of labels, then the mean is taken, as
/// torch.nn.CTCLoss does. Labels end at the first that is negative or blank. The auxiliary is the derivative
/// by the logits: softmax minus the probability that a path is at that label then.
struct CTC: Primitive {
  let blank: Int
  /// Whether an example that has no path costs nothing, and not infinity.
  let dropsInfinity: Bool
  /// Whether the third input says which steps there are.
  var hasMask = false

  static let rule = "logits [N, T, K], labels int32 [N, S], mask [N, T], the blank below K"

  var name: String { "ctc" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let count = hasMask ? 3 : 2
    try TypeCheck.count(inputs, count...count)
    try TypeCheck.floats([inputs[0]] + inputs.dropFirst(2))
    try TypeCheck.element(inputs[1], .int32)
    try TypeCheck.rank(inputs[0], 3, "the logits", rule: CTC.rule)
    try TypeCheck.rank(inputs[1], 2, "the labels", rule: CTC.rule)
    let (logits, labels) = (inputs[0].shape, inputs[1].shape)
    guard logits[0] == labels[0] else {
      throw GraphError(
        .shapeMismatch, "the logits \(logits) and the labels \(labels) don't meet", rule: CTC.rule)
    }
    if hasMask, inputs[2].shape != [logits[0], logits[1]] {
      throw GraphError(
        .shapeMismatch, "the logits \(logits) and the mask \(inputs[2].shape) don't meet",
        rule: CTC.rule)
    }
    guard (0..<logits[2]).contains(blank) else {
      throw GraphError(
        .invalidSetting, "the blank is \(blank), the logits are \(logits)", rule: CTC.rule)
    }
    let (states, overflows) = labels[1].multipliedReportingOverflow(by: 2)
    guard !overflows, states < CTC.mostStates / logits[1] else {
      throw GraphError(
        .tooLarge, "\(labels[1]) labels over \(logits[1]) steps",
        rule: "steps times twice the labels are below \(CTC.mostStates)")
    }
    return TensorType([], inputs[0].element)
  }

  /// Steps times states of one example, at most.
  static let mostStates = 1 << 26

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  private func geometry(_ logits: Shape, _ labels: Shape) -> CTCGeometry {
    CTCGeometry(
      examples: logits[0], steps: logits[1], classes: logits[2], places: labels[1], blank: blank,
      dropsInfinity: dropsInfinity)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.ctcWorkspaceBytes(geometry(inputs[0].shape, inputs[1].shape))
  }

  func lower(_ context: inout Lowering) {
    let (logits, labels) = (context.input(0), context.input(1))
    let calls = Kernels.ctc(
      context.element, geometry(logits.shape, labels.shape), x: logits.pointer,
      labels: labels.pointer, mask: hasMask ? context.input(2).pointer : nil,
      dx: context.auxiliary?.pointer, y: context.output.pointer,
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.scaledAuxiliary(), nil] + (hasMask ? [nil] : [])
  }
}

extension Graph {
  /// Connectionist temporal classification: the mean of `-log p(labels)` over the number of labels.
  ///
  /// - Shapes: logits `[N, T, K]`; labels int32 `[N, S]`, each row ended by a blank or a negative number, if
  ///   it isn't full; mask `[N, T]`, 0 at steps that there aren't; loss `[]`.
  public mutating func ctc(
    _ logits: Value, labels: Value, mask: Value? = nil, blank: Int = 0, dropsInfinity: Bool = false
  ) throws(GraphError) -> Value {
    try apply(
      CTC(blank: blank, dropsInfinity: dropsInfinity, hasMask: mask != nil),
      [logits, labels] + (mask.map { [$0] } ?? []))
  }
}

extension CTC {
  static var entry: PrimitiveEntry {
    // Examples, steps, classes, labels, the blank.
    let shapes: [(Int, Int, Int, Int, Int)] = [
      (3, 7, 4, 3, 0), (1, 1, 2, 1, 1), (2, 9, 5, 4, 4), (4, 5, 3, 2, 1), (1, 6, 2, 2, 0),
      (20, 4, 3, 1, 0),
    ]
    let masked: [(Int, Int, Int, Int)] = [(3, 9, 4, 1), (2, 14, 3, 2)]
    let ofSomeSteps = masked.map { examples, steps, classes, places in
      PrimitiveCase(
        CTC(blank: 0, dropsInfinity: false, hasMask: true),
        [
          .init([examples, steps, classes]), .init([examples, places], .classes(classes)),
          .init([examples, steps], .mask),
        ],
        torch: "ctc(a, b, blank=0, mask=c)")
    }
    let ofAllSteps = shapes.map { examples, steps, classes, places, blank in
      PrimitiveCase(
        CTC(blank: blank, dropsInfinity: false),
        [.init([examples, steps, classes]), .init([examples, places], .classes(classes))],
        torch: "ctc(a, b, blank=\(blank))")
    }
    return PrimitiveEntry("ctc", order: .first, cases: ofAllSteps + ofSomeSteps)
  }
}
