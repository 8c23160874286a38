import Autodiff
import JSON
import Tensors

/// Cross entropy of softmax, from logits.
///
/// `-(1/N) Σ log softmax(x_n)[t_n]`, fused and stable.
///
/// - Shapes: output `[N, …, K]`, target `[N, …]` of classes below `K`.
public struct CrossEntropy: Loss {
  public static let documentation = CatalogEntry(
    type: "cross_entropy", aliases: ["softmax_cross_entropy"],
    summary: "For one of K classes: softmax and negative log-likelihood, from logits.",
    formula: "-(1/N) Σ_n log softmax(x_n)[t_n]",
    shapes: "output […, K], target […] of classes below K",
    source: "As torch.nn.CrossEntropyLoss.")

  public init(from reader: inout ObjectReader) {}
  public init() {}

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let rule = "output […, K] with K at least 2 and at least the number of classes"
    switch target {
    case .vector(let shape):
      throw ShapeFault(
        "the dataset's target is numbers of shape \(shape), the model's output is \(output); "
          + "for numbers take mean_squared_error or binary_cross_entropy",
        rule: "the target is a class")
    case .classes(let classes, let shape):
      let needed = Shape(shape.dimensions + [max(classes, 2)])
      guard output.rank == needed.rank, output.dimensions.dropLast() == shape.dimensions[...],
        output[output.rank - 1] >= max(classes, 2)
      else {
        let places = shape.rank == 0 ? "" : " at each place of \(shape)"
        throw ShapeFault(
          "the model's output is \(output), the dataset's target is one of \(classes) classes"
            + "\(places), which needs an output of \(needed)",
          rule: rule)
      }
      return .classIndices(shape)
    }
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: output)
    guard shape.rank > 2 else {
      return try graph.softmaxCrossEntropy(output, classIndices: target)
    }
    let classes = shape[shape.rank - 1]
    let places = shape.count / classes
    return try graph.softmaxCrossEntropy(
      graph.reshape(output, to: [places, classes]),
      classIndices: graph.reshape(target, to: [places]))
  }

  public func objection(toFinal activation: Activation) -> String? {
    guard case .softmax = activation.kind else { return nil }
    return
      "cross_entropy takes logits and applies softmax itself: leave out the model's last softmax"
  }
}
