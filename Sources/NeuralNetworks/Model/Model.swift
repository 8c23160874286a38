import Autodiff
import JSON
import Tensors

/// A model that can be built into a graph.
public struct Model: Sendable {
  public let spec: ModelSpec
  /// What one example is made of.
  public var inputs: [InputSpec] { spec.inputs }
  /// What the model makes of one example.
  public let outputs: [OutputSpec]
  public let layers: [LayerSummary]
  /// Named, shaped and ordered as PyTorch has them; also what isn't learned: running statistics, and
  /// frozen layers.
  public let parameters: [ParameterDescription]
  /// Which of the parameters training changes by their gradients.
  public let learnedIndices: [Int]
  /// Whether a layer hands its state on from batch to batch.
  public private(set) var isStateful = false

  /// - Throws: `Faults` where a layer's shape rule accepted what the graph does not.
  public init(_ spec: ModelSpec, pointer: String = "") throws(Faults) {
    self.spec = spec
    outputs = spec.outputs.indices.map { OutputSpec($0, of: spec) }
    layers = spec.layers.map { LayerSummary($0, of: spec) }
    let parameters = spec.layers.flatMap(ParameterDescription.all)
    self.parameters = parameters
    learnedIndices = parameters.indices.filter { parameters[$0].trainable }
    isStateful = try !checkGraph(pointer: pointer).states.isEmpty
  }

  /// The numbers of an input that stand for categories, by the layers that look at it.
  public func categories(ofInput index: Int) -> [ColumnEmbedding.Column] {
    spec.layers.filter { $0.sources.contains(.input(index)) }
      .compactMap { $0.layer as? ColumnEmbedding }.flatMap(\.columns)
  }

  public var name: String? { spec.name }
  public var learnedParameters: [ParameterDescription] { learnedIndices.map { parameters[$0] } }
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }
  /// Floating-point operations of a forward pass for one example.
  public var forwardFlops: Int { layers.reduce(0) { $0 + $1.forwardFlops } }

  /// Builds the graph of one example, so that what it refuses is known before anything is allocated.
  private func checkGraph(pointer: String) throws(Faults) -> Graph {
    var graph = Graph()
    do throws(GraphError) {
      _ = try build(batch: 1, mode: .training, into: &graph)
      return graph
    } catch {
      let layer = spec.layers.first { $0.name == error.scope }
      let place = pointer + (layer?.place ?? "")
      throw Faults([Fault(pointer: place, detail: error.description)])
    }
  }
}

extension LayerSummary {
  init(_ spec: LayerSpec, of model: ModelSpec) {
    name = spec.name
    type = spec.type
    inputs = spec.sources.map { $0.name(inputs: model.inputs, layers: model.layers) }
    inputShapes = spec.inputShapes
    outputShape = spec.outputShape
    let parameters =
      spec.share == nil
      ? spec.layer.allParameters(of: spec.inputShapes, output: spec.outputShape)
        .filter(\.isTrainable) : []
    parameterCount = parameters.reduce(0) { $0 + $1.shape.count }
    forwardFlops = spec.layer.forwardFlops(inputs: spec.inputShapes, output: spec.outputShape)
    activationBytes = spec.outputShape.count * ElementType.float32.byteCount
    parameterBytes = parameterCount * ElementType.float32.byteCount
  }
}

extension ParameterDescription {
  static func all(of spec: LayerSpec) -> [ParameterDescription] {
    guard spec.share == nil else { return [] }
    return spec.layer.allParameters(of: spec.inputShapes, output: spec.outputShape).map {
      parameter in
      ParameterDescription(
        name: "\(spec.name).\(parameter.name)", layer: spec.name, shape: parameter.shape,
        initializer: parameter.initializer, derivation: parameter.derivation,
        trainable: spec.isTrainable && parameter.isTrainable)
    }
  }
}
