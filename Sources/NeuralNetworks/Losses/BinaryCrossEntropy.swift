import Autodiff
import JSON
import Tensors

/// Cross entropy of independent yes-or-no answers, from logits.
///
/// `(1/M) Σ max(x, 0) - x t + log(1 + exp(-|x|))` over all `M` elements of the batch.
///
/// - Shapes: output `[N, …]`, target the same.
public struct BinaryCrossEntropy: Loss {
  public static let documentation = CatalogEntry(
    type: "binary_cross_entropy", aliases: ["bce"],
    summary: "For yes or no: sigmoid and negative log-likelihood, from logits.",
    formula: "(1/M) Σ max(x, 0) - x t + log(1 + exp(-|x|)), over all M elements",
    shapes: "output […], target […] of numbers from 0 to 1; or output [1] and one of 2 classes",
    source: "As torch.nn.BCEWithLogitsLoss.")

  public init(from reader: inout ObjectReader) {}
  public init() {}

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.binaryCrossEntropyWithLogits(output, targets: target)
  }

  public func objection(toFinal activation: Activation) -> String? {
    switch activation.kind {
    case .sigmoid, .softmax:
      "binary_cross_entropy takes logits and applies sigmoid itself: "
        + "leave out the model's last activation"
    default: nil
    }
  }
}
