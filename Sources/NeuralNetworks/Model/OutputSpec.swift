import Tensors

/// One of the tensors that a model makes of an example.
public struct OutputSpec: Sendable {
  /// As the spec has it.
  public let name: String
  /// Without the batch axis.
  public let shape: Shape
  /// The activation that makes the output; `.identity` when its last layer has none.
  public let finalActivation: Activation

  init(_ index: Int, of spec: ModelSpec) {
    let source = spec.outputs[index]
    name = spec.outputNames[index]
    switch source {
    case .input(let index): shape = spec.inputs[index].shape
    case .layer(let index): shape = spec.layers[index].outputShape
    }
    finalActivation = OutputSpec.finalActivation(source, of: spec)
  }

  /// Goes back over layers that only hand on what came before.
  private static func finalActivation(_ source: LayerSource, of spec: ModelSpec) -> Activation {
    var source = source
    while case .layer(let index) = source {
      let layer = spec.layers[index]
      guard layer.layer is Flatten || isNoise(layer.layer) else { return layer.layer.activation }
      source = layer.sources[0]
    }
    return .identity
  }

  /// Whether a layer does nothing but in training.
  private static func isNoise(_ layer: any Layer) -> Bool {
    layer is Dropout || layer is SpatialDropout || layer is StochasticDepth
      || layer is GaussianNoise || layer is AlphaDropout || layer is GaussianDropout
      || layer is DropBlock
  }
}

/// The usual case of one input and one output.
extension Model {
  /// The shape of one example's first input.
  public var inputShape: Shape { inputs[0].shape }
  /// What the first input holds.
  public var inputElement: ElementType { inputs[0].element }
  public var inputVocabulary: Int? { inputs[0].vocabulary }
  /// The shape of the first output for one example.
  public var outputShape: Shape { outputs[0].shape }
  public var finalActivation: Activation { outputs[0].finalActivation }
}
