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
  /// What one example is made of; with several, the graph and the data know them by their names.
  public let inputs: [InputSpec]
  /// In the order of the document, with containers opened.
  public let layers: [LayerSpec]
  /// The layers' indices in an order in which they can be computed.
  public let order: [Int]
  /// Whose outputs are the model's.
  public let outputs: [LayerSource]
  /// What the document calls them: a layer's name, or that of a container whose last layer it is.
  public let outputNames: [String]

  /// Reads a spec.
  ///
  /// - Parameter pointer: where the spec stands in its document, such as `/model`.
  /// - Throws: every fault found, in the order of the document; those of shapes name the layer, both
  ///   shapes and the rule.
  public init(_ json: JSON, pointer: String = "") throws(Faults) {
    var decoder = ModelDecoder(json, pointer: pointer)
    self = try decoder.decode()
  }

  /// - Parameter elements: the document's `layers`, with all names and defaults written out.
  init(
    name: String?, inputs: [InputSpec], layers: [LayerSpec], order: [Int], elements: [JSON],
    outputs: [LayerSource], outputNames: [String]?
  ) {
    self.name = name
    self.inputs = inputs
    self.layers = layers
    self.order = order
    self.outputs = outputs
    let names = outputNames ?? outputs.map { $0.name(inputs: inputs, layers: layers) }
    self.outputNames = names
    var object = JSONObject()
    if let name { object["name"] = .string(name) }
    if inputs.count == 1, inputs[0].name == InputSpec.onlyName {
      object["input"] = inputs[0].json
    } else {
      object["inputs"] = .object(JSONObject(inputs.map { ($0.name, $0.json) }))
    }
    object["layers"] = .array(elements)
    if outputs != [.layer(layers.count - 1)] || outputNames != nil {
      object["outputs"] = .array(names.map(JSON.string))
    }
    json = .object(object)
  }
}

/// One of the arrays that an example is made of.
public struct InputSpec: Hashable, Sendable {
  /// The name of an input that has none of its own, because it is the only one.
  public static let onlyName = "input"

  public let name: String
  public let shape: Shape
  /// `float32`, or `int32` for tokens.
  public let element: ElementType
  /// How many different tokens there are; `nil` for numbers.
  public let vocabulary: Int?
  /// The token, or the number of all features of a step, that says that there's nothing at a place.
  public var padding: Double?
  /// The graph whose vertices the examples are; `nil` when they make none.
  public var graph: GraphInputSpec?

  var json: JSON {
    var object = JSONObject([
      ("shape", .array(shape.dimensions.map(JSON.integer))), ("dtype", .string(element.rawValue)),
    ])
    if let vocabulary { object["vocabulary"] = .integer(vocabulary) }
    if let padding {
      object["padding"] = vocabulary == nil ? .number(padding) : .integer(Int(padding))
    }
    if let graph { object["graph"] = graph.json }
    return .object(object)
  }
}

/// Where a layer's input comes from.
public enum LayerSource: Hashable, Sendable {
  /// The model's input at this index.
  case input(Int)
  /// The layer at this index.
  case layer(Int)

  func name(inputs: [InputSpec], layers: [LayerSpec]) -> String {
    switch self {
    case .input(let index): inputs[index].name
    case .layer(let index): layers[index].name
    }
  }
}

/// One layer in its place.
public struct LayerSpec: Sendable {
  /// With the names of the containers around it, as in PyTorch's `state_dict`: `stage.0.conv`.
  public let name: String
  public let layer: any Layer
  public let sources: [LayerSource]
  public let inputShapes: [Shape]
  public let outputShape: Shape
  /// Whether training changes its parameters.
  public let isTrainable: Bool
  /// The layer before this one whose parameters it uses in place of its own.
  public let share: Int?
  /// Where it stands in the spec, as a JSON pointer; for what a container adds, where the container does.
  public let place: String
  /// Whether its output has a row for each graph, in place of each example.
  public let isOfGraphs: Bool
  /// Whether its first input is the vertices' features as the data has them, perhaps after a dropout.
  public let takesFeatures: Bool

  public var type: String { Swift.type(of: layer).documentation.type }
}
