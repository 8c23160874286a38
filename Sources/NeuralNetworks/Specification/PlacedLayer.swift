import JSON

/// One layer of a document in its place, once the containers around it are opened.
struct PlacedLayer {
  enum Content {
    /// A layer of this position in the catalog, whose own members are still to be read.
    case layer(type: any Layer.Type, ObjectReader)
    /// The sum at the end of a residual, and the scope of the residual's layers.
    case sum(Residual, scope: Int, hasShortcut: Bool)
    /// What gives a shortcut the shape of the layers' output. Where it isn't always asked for and this other
    /// value has that shape, there is no such layer.
    case projection(to: Reference, elseTakes: Reference?)
    /// What a fault left without a type.
    case unknown
  }

  /// With the names of the containers around it: `stage.0.conv`.
  let name: String
  /// Where it stands in the document, or the container that it was made for.
  let pointer: String
  /// Where its faults are kept.
  let entry: Int
  let scope: Int
  let content: Content
  /// What it takes; `nil` after a fault.
  let inputs: [Reference]?
  let isTrainable: Bool
  /// The name that its `share` gives.
  let share: String?
}

/// What a layer takes, as the document says it.
enum Reference: Hashable {
  case source(LayerSource)
  /// What the chain of a scope begins with.
  case beginning(scope: Int)
  /// A name as a scope knows it.
  case named(String, scope: Int)
}

/// A list of layers, and what names mean in it.
///
/// A name is looked for in the list itself, then in the lists around it, as in a block of code; `input` is
/// what the innermost list takes.
struct LayerScope {
  /// What qualified names of its layers begin with, the dot included.
  let prefix: String
  let parent: Int?
  /// What the first layer follows.
  let beginning: Reference
  /// Where its container stands in the document, and where the container's faults are kept.
  let pointer: String
  let entry: Int
  let isFrozen: Bool
  /// Whose parameters the layers use in place of their own.
  var share: SharedScope?
  /// Whether its names can be given without its prefix.
  var isSearched = true
  /// The names given in it, for suggestions.
  var names: [String] = []
}

/// Where the parameters of a whole scope come from.
enum SharedScope {
  /// An earlier application of the same layers.
  case scope(Int)
  /// The container that `share` names.
  case named(String)
}
