import JSON

/// The catalogs of this target as `GET /v1/catalog` serves them.
public enum NeuralNetworkCatalog {
  /// `layers`, `activations`, `losses`, `initializers` and the `functions` of expressions, in this order.
  public static var members: [(name: String, entries: [CatalogEntry])] {
    [
      ("layers", LayerCatalog.entries + ContainerCatalog.entries),
      ("activations", ActivationCatalog.entries),
      ("losses", LossCatalog.entries),
      ("initializers", InitializerCatalog.entries),
      ("functions", ExpressionFunctionCatalog.entries),
    ]
  }

  public static var json: JSON {
    .object(JSONObject(members.map { ($0.name, .array($0.entries.map(\.json))) }))
  }
}
