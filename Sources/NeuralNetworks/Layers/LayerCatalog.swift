import JSON

/// The layers a spec may name, in the order in which the catalog lists them.
public enum LayerCatalog {
  public static let all: [any Layer.Type] = [
    Dense.self,
    Embedding.self,
    PositionalEmbedding.self,
    BatchNormalization.self,
    LayerNormalization.self,
    GroupNormalization.self,
    InstanceNormalization.self,
    RootMeanSquareNormalization.self,
    MultiHeadAttention.self,
    TransformerBlock.self,
    TransformerDecoderBlock.self,
    Add.self,
    Multiply.self,
    Average.self,
    Concatenation.self,
    DotProduct.self,
    ActivationLayer.self,
    Flatten.self,
    Dropout.self,
    Conv2D.self,
    MaxPool2D.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }
}
