import Autodiff
import JSON
import Tensors

/// A learned vector for each token.
///
/// `y[…, d] = weight[x[…], d]`.
///
/// - Shapes: input `[N, …]` of int32 tokens, output `[N, …, dimensions]`.
/// - Parameters: `weight [vocabulary, dimensions]`, as PyTorch's `nn.Embedding`.
public struct Embedding: Layer {
  public let dimensions: Int
  /// `nil` until the model's input has said it.
  public let vocabulary: Int?
  public let initializer: Initializer

  private static let dimensionsField = Field(
    "dimensions", .integer(1...LayerLimits.units), isRequired: true, "Elements of each vector.")
  private static let vocabularyField = Field(
    "vocabulary", .integer(1...LayerLimits.vocabulary),
    "How many tokens have a vector; as many as the model's input has when left out.")

  public static let documentation = CatalogEntry(
    type: "embedding",
    summary: "A learned vector for each token.",
    formula: "y[…, d] = weight[x[…], d]",
    shapes: "[…] of int32 -> […, dimensions]",
    fields: [dimensionsField, vocabularyField, CommonFields.vectorInitializer],
    weights: ["weight [vocabulary, dimensions]"],
    source: "As torch.nn.Embedding.")

  public static let shapeFields = ["dimensions"]
  public static let inputElement = ElementType.int32

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    dimensions = reader.integer(Embedding.dimensionsField)
    vocabulary = reader.integer("vocabulary", in: 1...LayerLimits.vocabulary)
    initializer = reader.vectorInitializer()
  }

  private init(_ other: Embedding, vocabulary: Int) {
    dimensions = other.dimensions
    self.vocabulary = vocabulary
    initializer = other.initializer
  }

  public func taking(vocabulary tokens: Int?) throws(ShapeFault) -> Embedding {
    guard let tokens else { return self }
    guard let vocabulary else { return Embedding(self, vocabulary: tokens) }
    guard tokens <= vocabulary else {
      throw ShapeFault(
        field: "vocabulary",
        "has vectors for \(vocabulary) tokens, and the model's input has \(tokens)",
        rule: "the vocabulary is at least that of the input")
    }
    return self
  }

  public var configuration: [(String, JSON)] {
    [
      ("dimensions", .integer(dimensions)), ("vocabulary", .integer(vocabulary ?? 1)),
      ("initializer", initializer.json),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    Shape(inputs[0].dimensions + [dimensions])
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    [LayerParameter("weight", [vocabulary ?? 1, dimensions], initializer)]
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 0 }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.gather(parameters[0], indices: inputs[0])
  }
}
