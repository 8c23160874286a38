import JSON
import Tensors

/// A model as its author described it, decoded, with every shape known to fit.
///
/// Shapes leave out the batch axis.
public struct ModelSpec: Sendable {
  /// The document with all names and defaults written out: reading it gives the same model, also
  /// once a default has changed.
  public let json: JSON
  public let name: String?
  public let input: InputSpec
  /// In the order of the document, which is one in which they can be computed.
  public let layers: [LayerSpec]

  /// Reads a spec.
  ///
  /// - Parameter pointer: where the spec stands in its document, such as `/model`.
  /// - Throws: every fault found, in the order of the document; those of shapes name the layer, both
  ///   shapes and the rule.
  public init(_ json: JSON, pointer: String = "") throws(Faults) {
    var decoder = ModelDecoder(json, pointer: pointer)
    self = try decoder.decode()
  }

  init(name: String?, input: InputSpec, layers: [LayerSpec]) {
    self.name = name
    self.input = input
    self.layers = layers
    var object = JSONObject()
    if let name { object["name"] = .string(name) }
    object["input"] = input.json
    object["layers"] = .array(
      layers.indices.map { index in
        layers[index].json(among: layers, index: index)
      })
    json = .object(object)
  }
}

/// What one example is.
public struct InputSpec: Hashable, Sendable {
  public let shape: Shape
  /// `float32`, or `int32` for tokens.
  public let element: ElementType
  /// How many different tokens there are; `nil` for numbers.
  public let vocabulary: Int?

  var json: JSON {
    var object = JSONObject([
      ("shape", .array(shape.dimensions.map(JSON.integer))), ("dtype", .string(element.rawValue)),
    ])
    if let vocabulary { object["vocabulary"] = .integer(vocabulary) }
    return .object(object)
  }
}

/// Where a layer's input comes from.
public enum LayerSource: Hashable, Sendable {
  case input
  /// The layer at this index, which stands before.
  case layer(Int)
}

/// One layer in its place.
public struct LayerSpec: Sendable {
  public let name: String
  public let layer: any Layer
  public let sources: [LayerSource]
  public let inputShapes: [Shape]
  public let outputShape: Shape
  /// Whether training changes its parameters.
  public let isTrainable: Bool
  /// The layer before this one whose parameters it uses in place of its own.
  public let share: Int?

  public var type: String { Swift.type(of: layer).documentation.type }

  func json(among layers: [LayerSpec], index: Int) -> JSON {
    var object = JSONObject([("type", .string(type)), ("name", .string(name))])
    let follows: LayerSource = index == 0 ? .input : .layer(index - 1)
    if sources != [follows] {
      object["inputs"] = .array(
        sources.map { source in
          switch source {
          case .input: "input"
          case .layer(let index): .string(layers[index].name)
          }
        })
    }
    if !isTrainable { object["trainable"] = false }
    if let share { object["share"] = .string(layers[share].name) }
    for (name, value) in layer.configuration { object[name] = value }
    return .object(object)
  }
}
