import NeuralNetworks

/// What a run is, apart from what it does: what rules need to know of model, data and configuration.
public struct RunFacts: Hashable, Sendable {
  /// A layer, from the input to the output.
  public struct Layer: Hashable, Sendable {
    public let name: String
    public let type: String
    public let flat: FlatOutputs
    /// Whether its output is one of the model's.
    public let isOutput: Bool

    public init(name: String, type: String, flat: FlatOutputs = .none, isOutput: Bool = false) {
      self.name = name
      self.type = type
      self.flat = flat
      self.isOutput = isOutput
    }

    /// Whether it has no slope below zero, and one everywhere above.
    var isRectifier: Bool { flat.atMost == 0 && flat.atLeast == nil }
    /// Whether it is bounded on both sides.
    var isBounded: Bool { flat.atMost != nil && flat.atLeast != nil }
  }

  /// A learned parameter, in the model's order.
  public struct Parameter: Hashable, Sendable {
    public let name: String
    public let layer: String
    public let count: Int
    /// Whether it is a matrix or kernel: its gradients compare over depth.
    public let isWeight: Bool
    /// The first step that moves it; until then, and for ever where it is `Int.max`, the run holds it still on purpose.
    public let firstStep: Int

    public init(
      name: String, layer: String, count: Int, isWeight: Bool, firstStep: Int = 1
    ) {
      self.firstStep = firstStep
      self.name = name
      self.layer = layer
      self.count = count
      self.isWeight = isWeight
    }
  }

  public var layers: [Layer]
  public var parameters: [Parameter]
  public var batchSize: Int
  public var totalSteps: Int
  public var stepsPerEpoch: Int
  public var hasValidation: Bool
  public var data: DataFacts

  public init(
    layers: [Layer], parameters: [Parameter], batchSize: Int, totalSteps: Int, stepsPerEpoch: Int,
    hasValidation: Bool, data: DataFacts = DataFacts()
  ) {
    self.layers = layers
    self.parameters = parameters
    self.batchSize = batchSize
    self.totalSteps = totalSteps
    self.stepsPerEpoch = stepsPerEpoch
    self.hasValidation = hasValidation
    self.data = data
  }

  func layer(_ name: String) -> Layer? { layers.first { $0.name == name } }
}

extension RunFacts {
  init(
    _ model: Model, data: DataFacts, batchSize: Int, totalSteps: Int, stepsPerEpoch: Int,
    hasValidation: Bool, firstSteps: [Int]? = nil
  ) {
    let activations = Dictionary(model.spec.layers.map { ($0.name, $0.layer.activation) }) {
      first, _ in first
    }
    let outputs = Set(model.outputs.map(\.name))
    let last = model.layers.last?.name
    self.init(
      layers: model.layers.map { layer in
        Layer(
          name: layer.name, type: layer.type, flat: activations[layer.name]?.flatOutputs ?? .none,
          isOutput: outputs.contains(layer.name) || layer.name == last)
      },
      parameters: model.learnedParameters.enumerated().map { index, parameter in
        Parameter(
          name: parameter.name, layer: parameter.layer, count: parameter.shape.count,
          isWeight: parameter.shape.rank >= 2, firstStep: firstSteps?[index] ?? 1)
      },
      batchSize: batchSize, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch,
      hasValidation: hasValidation, data: data)
  }
}
