import Autodiff
import JSON
import Tensors

/// For sequences of labels that nobody has aligned with the time steps.
///
/// `-log p(labels)` over the number of labels, the mean over the examples: `p` adds up the probabilities of all
/// paths of `T` steps that give the labels once repeated ones are joined and blanks dropped. An example's labels
/// end at the first that is the blank or negative. Steps that are padding, as the model's input says, don't count:
/// they are what torch.nn.CTCLoss is told by `input_lengths`.
///
/// - Shapes: output `[N, T, K]`, target `[N, S]` of classes below `K`, `S` at most `T`.
public struct CTCLoss: Loss {
  public let blank: Int
  public let zeroInfinity: Bool

  private static let blankField = Field(
    "blank", .integer(0...LayerLimits.vocabulary), default: 0,
    "The class that says nothing; it also pads an example's labels.")
  private static let infinityField = Field(
    "zero_infinity", .boolean, default: false,
    "Whether an example with more labels than its time steps can hold counts 0, and not infinity: each "
      + "label needs a step, and one more between two that are equal.")

  public static let documentation = CatalogEntry(
    type: "ctc",
    summary: "For sequences of labels that nobody has aligned with the time steps, from logits.",
    formula:
      "-log Σ_π Π_t softmax(x_t)[π_t] over the paths π that give the labels, over the number of "
      + "labels, the mean over examples",
    shapes:
      "output [T, K], target [S] of classes below K, S at most T, padded with the blank or -1",
    fields: [blankField, infinityField],
    source: "Graves et al. 2006, doi:10.1145/1143844.1143891. As torch.nn.CTCLoss of log_softmax.")

  public init(from reader: inout ObjectReader) {
    blank = reader.integer(CTCLoss.blankField)
    zeroInfinity = reader.bool(CTCLoss.infinityField)
  }

  public var configuration: [(String, JSON)] {
    [("blank", .integer(blank)), ("zero_infinity", .bool(zeroInfinity))]
  }

  public var hasAnswers: Bool { false }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let rule = "output [T, K], target [S] of classes below K, S at most T"
    guard case .classes(let classes, let shape) = target, shape.rank == 1 else {
      throw ShapeFault(
        "the model's output is \(output), the dataset's target is \(target.inWords), not a sequence "
          + "of labels",
        rule: rule)
    }
    guard output.rank == 2, output[1] >= max(classes, 2) else {
      throw ShapeFault(
        "the model's output is \(output), the dataset's target is \(target.inWords), which needs an "
          + "output of [T, \(max(classes, 2))]",
        rule: rule)
    }
    guard shape[0] <= output[0] else {
      throw ShapeFault(
        "the model's output \(output) has \(output[0]) time steps for up to \(shape[0]) labels",
        rule: rule)
    }
    guard output[0] <= CTCLoss.most / (2 * shape[0] + 1) else {
      throw ShapeFault(
        "\(output[0]) time steps and \(shape[0]) labels are too many",
        rule: "T (2 S + 1) is at most \(CTCLoss.most)")
    }
    return .classIndices(shape)
  }

  /// Time steps times states of one example.
  private static let most = 1 << 24

  public func optionFaults(output: Shape, target: LossTarget) -> [ShapeFault] {
    guard let width = output.dimensions.last, blank >= width else { return [] }
    return [
      ShapeFault(
        field: "blank", "\(blank) is none of the classes of the model's output \(output)",
        rule: "from 0 to \(width - 1)")
    ]
  }

  /// So many labels as the time steps hold, whichever they are.
  public func fittingTarget(output: Shape) -> LossTarget {
    let steps = output.dimensions.first ?? 1
    return .classes(max(output.dimensions.last ?? 2, 2), shape: [max(1, (steps - 1) / 2)])
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try build(output: output, target: target, mask: nil, in: &graph)
  }

  public func build(
    output: Value, target: Value, mask: Value?, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.ctc(
      output, labels: target, mask: mask, blank: blank, dropsInfinity: zeroInfinity)
  }

  public var probabilities: ProbabilityRule? { .softmax }

  public func objection(toFinal activation: Activation) -> String? {
    guard activation.kind == .softmax || activation.kind == .sigmoid else { return nil }
    return "ctc takes logits and applies log_softmax itself: leave out the model's last activation"
  }
}
