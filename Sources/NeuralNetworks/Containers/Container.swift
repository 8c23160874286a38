import JSON

/// What holds layers: its own members, without the layers inside.
///
/// A container is opened while the spec is decoded, into ordinary layers with qualified names. What it
/// holds is a chain like the model's own `layers`, whose `input` is the container's input.
enum Container: Sendable {
  case residual(Residual)
  case repetition(Repetition)

  /// In the order in which the catalog lists them.
  static let entries: [CatalogEntry] = [Residual.documentation, Repetition.documentation]

  /// The member that holds the layers.
  static let layersField = Field(
    "layers", .described("an array of layers"), isRequired: true,
    "The layers inside, a chain as the model's own; input names what the container takes.")

  /// Reads the container at this position of `entries`; faults are recorded in the reader.
  init(_ index: Int, from reader: inout ObjectReader) {
    self = index == 0 ? .residual(Residual(from: &reader)) : .repetition(Repetition(from: &reader))
  }

  var type: String {
    switch self {
    case .residual: Residual.documentation.type
    case .repetition: Repetition.documentation.type
    }
  }

  /// The members that make this container again, with the defaults written out.
  var configuration: [(String, JSON)] {
    switch self {
    case .residual(let residual): residual.configuration
    case .repetition(let repetition): repetition.configuration
    }
  }
}

/// The containers a spec may name beside `LayerCatalog`'s layers.
public enum ContainerCatalog {
  public static var entries: [CatalogEntry] { Container.entries }
  /// The members of containers that are themselves arrays of layers.
  public static let layerFields = [Container.layersField.name, Residual.shortcutField.name]
}
