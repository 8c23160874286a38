import JSON

/// The layers a spec may name, in the order in which the catalog lists them.
public enum LayerCatalog {
  public static let all: [any Layer.Type] = [
    Dense.self,
    Embedding.self,
    BatchNormalization.self,
    ActivationLayer.self,
    Flatten.self,
    Dropout.self,
    Conv2D.self,
    MaxPool2D.self,
  ]

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }
}
