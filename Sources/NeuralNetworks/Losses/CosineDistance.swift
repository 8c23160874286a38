import Autodiff
import JSON
import Tensors

/// For directions: one minus the cosine of the angle between output and target.
///
/// `1 - x·t / √((x·x + 10⁻¹²) (t·t + 10⁻¹²))` over the last axis, the mean over all others.
///
/// - Shapes: output `[N, …, D]`, target the same.
public struct CosineDistance: Loss {
  public static let documentation = CatalogEntry(
    type: "cosine", aliases: ["cosine_embedding"],
    summary: "For directions: one minus the cosine of the angle between output and target.",
    formula:
      "1 - x·t / √((x·x + 1e-12) (t·t + 1e-12)) over the last axis, the mean over all others",
    shapes: "output […, D], target […, D] with D at least 2; or one of D classes",
    source: "As torch.nn.CosineEmbeddingLoss of equal pairs (y = 1).")

  /// What torch.nn.CosineEmbeddingLoss adds to squared lengths.
  private static let epsilon = 1e-12

  public init(from reader: inout ObjectReader) {}

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let encoding = try NumberTargets.encoding(output: output, target: target)
    guard let width = output.dimensions.last, width > 1 else {
      throw ShapeFault(
        "the model's output is \(output), and one number has no direction",
        rule: "output […, D] with D at least 2")
    }
    return encoding
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    func dot(_ a: Value, _ b: Value) throws(GraphError) -> Value {
      try graph.sum(graph.multiply(a, b), axes: [-1])
    }
    let products = try dot(output, target)
    let squares = try graph.multiply(
      graph.offset(dot(output, output), by: CosineDistance.epsilon),
      graph.offset(dot(target, target), by: CosineDistance.epsilon))
    let cosine = try graph.multiply(products, graph.rsqrt(squares))
    return try graph.offset(graph.negate(graph.mean(cosine)), by: 1)
  }
}
