import JSON
import NeuralNetworks

/// What documents of clients may ask for, as whoever runs the server set it; never more than there can be.
public struct DocumentLimits: Hashable, Sendable {
  /// Of one JSON document: a spec, a run, overrides.
  public var bytes = 8 << 20
  /// Levels of arrays and objects in it, and values in all.
  public var depth = JSONLimits().depth
  public var values = JSONLimits().values
  /// Of a model, once containers are opened.
  public var layers = LayerLimits.layers
  public var parameters = LayerLimits.parameters
  /// Of one example, at any layer.
  public var elements = LayerLimits.elements
  /// Of training.
  public var runSeconds = RunRequest.longestSeconds

  public init() {}

  /// Of a document's text.
  public var json: JSONLimits { JSONLimits(depth: depth, values: values) }

  /// What a model has too much of, with the flag that says so.
  ///
  /// - Parameter pointer: where its spec stands in the document.
  func faults(of model: Model, at pointer: String) -> Faults {
    var faults = Faults()
    if model.layers.count > layers {
      faults.add(
        pointer + "/layers",
        "the model has \(model.layers.count) layers; at most \(layers) (--max-layers)")
    }
    if model.parameterCount > parameters {
      faults.add(
        pointer,
        "the model has \(model.parameterCount) parameters; at most \(parameters) (--max-parameters)"
      )
    }
    for layer in model.layers {
      guard let count = layer.outputShape.checkedCount, count > elements else { continue }
      faults.add(
        pointer,
        "layer \"\(layer.name)\" has \(count) elements an example; at most \(elements) (--max-elements)"
      )
    }
    return faults
  }
}
