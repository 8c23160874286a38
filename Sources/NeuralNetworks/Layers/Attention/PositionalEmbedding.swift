import Autodiff
import Foundation
import JSON
import Tensors

/// Adds a vector to each place of a sequence.
///
/// Learned: `y[t, d] = x[t, d] + weight[t, d]`. Sinusoidal: the weight is `sin(t / 10000^(2i/D))` at `2i` and
/// the cosine at `2i + 1`.
///
/// - Shapes: input `[N, T, D]`, output the same.
/// - Parameters: `weight [T, D]`, as PyTorch's `nn.Embedding` of places; none when sinusoidal.
public struct PositionalEmbedding: Layer {
  public enum Kind: String, CaseIterable, Sendable {
    case learned, sinusoidal
  }

  public let kind: Kind
  public let initializer: Initializer

  private static let kindField = Field(
    "kind", .choice(Kind.allCases.map(\.rawValue)), default: "learned",
    "Whether the vectors are learned, or sines and cosines.")

  public static let documentation = CatalogEntry(
    type: "positional_embedding",
    summary: "Adds a vector to each place of a sequence.",
    formula: "y[t, d] = x[t, d] + weight[t, d]; sinusoidal: sin and cos of t / 10000^(2i / D)",
    shapes: "[T, D] -> [T, D]",
    fields: [kindField, CommonFields.vectorInitializer],
    weights: ["weight [T, D]"],
    source: "Vaswani et al. 2017, arXiv:1706.03762. Learned: as torch.nn.Embedding of places.")

  public static let shapeFields = ["kind"]

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    kind = Kind(rawValue: reader.choice(PositionalEmbedding.kindField)) ?? .learned
    initializer = reader.vectorInitializer()
  }

  public var configuration: [(String, JSON)] {
    [("kind", .string(kind.rawValue)), ("initializer", initializer.json)]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    guard inputs[0].rank == 2 else {
      throw ShapeFault("the input \(inputs[0]) is no sequence", rule: "[T, D] -> [T, D]")
    }
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    kind == .learned ? [LayerParameter("weight", inputs[0], initializer)] : []
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = context.outputShape
    let width = shape[1]
    let added =
      parameters.first
      ?? graph.constant(
        Tensor.table(shape, graph.element) { index in
          let (place, feature) = index.quotientAndRemainder(dividingBy: width)
          let angle = Double(place) / pow(10_000, Double(feature / 2 * 2) / Double(width))
          return feature % 2 == 0 ? sin(angle) : cos(angle)
        })
    return try graph.add(inputs[0], added)
  }
}
