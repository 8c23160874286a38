import Autodiff
import JSON
import Tensors

/// Makes one axis of all, in row-major order.
///
/// - Shapes: input `[N, A, B, …]`, output `[N, A · B · …]`.
public struct Flatten: Layer {
  public static let documentation = CatalogEntry(
    type: "flatten",
    summary: "Makes one axis of all, in row-major order.",
    formula: "y = reshape(x)",
    shapes: "[A, B, …] -> [A·B·…]",
    source: "As torch.nn.Flatten.")

  public init(from reader: inout ObjectReader) {}

  public var configuration: [(String, JSON)] { [] }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape { [inputs[0].count] }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    if graph.type(of: inputs[0]).shape.rank == 2 { return inputs[0] }
    return try graph.reshape(inputs[0], to: context.outputShape.prepending(context.batch))
  }
}
