import Autodiff
import JSON
import Tensors

/// One kind of layer: its configuration, shape rule, parameters and forward pass.
///
/// Shapes leave out the batch axis everywhere but in `forward`. A new layer is a file here, a line
/// in `LayerCatalog` and a test file.
public protocol Layer: Sendable {
  static var documentation: CatalogEntry { get }
  /// How many inputs the layer takes.
  static var inputCount: ClosedRange<Int> { get }
  /// The members that decide the output's shape: a fault in one of them leaves it unknown, a fault
  /// in any other lets the layers behind be checked too.
  static var shapeFields: [String] { get }

  /// What the inputs hold: numbers, or `int32` tokens.
  static var inputElement: ElementType { get }
  /// The same for one of several inputs that differ in that.
  static func inputElement(at position: Int) -> ElementType

  /// What it makes of padding's mask.
  static var masking: Masking { get }

  /// Reads the configuration; what is wrong with it is recorded in the reader.
  init(from reader: inout ObjectReader)

  /// The members that make this layer again, with the defaults written out.
  var configuration: [(String, JSON)] { get }

  /// The activation applied to the output, `.identity` when there is none.
  var activation: Activation { get }

  /// What becomes of features of which only some elements are stored.
  var sparseSupport: SparseSupport { get }

  /// What stands before the names of what the activation learns.
  static var activationPrefix: String { get }

  /// The activation that may learn something, and the shape of what it is applied to.
  ///
  /// - Precondition: `outputShape(of:)` accepts the inputs.
  func activated(of inputs: [Shape], output: Shape) -> (activation: Activation, shape: Shape)

  /// The layer once it's known how many different tokens the model's input has.
  ///
  /// - Throws: `ShapeFault` when they are more than the layer was made for.
  func taking(vocabulary: Int?) throws(ShapeFault) -> Self

  func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape

  /// The arrays to learn, in PyTorch's order.
  ///
  /// - Precondition: `outputShape(of:)` accepts the inputs.
  func parameters(of inputs: [Shape]) -> [LayerParameter]

  /// Floating-point operations of a forward pass for one example; a multiply-add counts as two.
  func forwardFlops(inputs: [Shape], output: Shape) -> Int

  /// Adds the layer to a graph.
  ///
  /// - Shapes: inputs `[N, …]`, parameters as `parameters(of:)` says, output `[N, …]`.
  func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value
}

extension Layer {
  public static var type: String { documentation.type }
  public static var inputCount: ClosedRange<Int> { 1...1 }
  public static var shapeFields: [String] { [] }
  public static var inputElement: ElementType { .float32 }
  public static func inputElement(at position: Int) -> ElementType { inputElement }
  public func taking(vocabulary: Int?) throws(ShapeFault) -> Self { self }
  public var sparseSupport: SparseSupport { .none }
  public var activation: Activation { .identity }
  public func parameters(of inputs: [Shape]) -> [LayerParameter] { [] }
  public static var activationPrefix: String { "activation." }
  public func activated(
    of inputs: [Shape], output: Shape
  ) -> (activation: Activation, shape: Shape) { (activation, output) }

  /// What the activation learns; named behind the layer's own parameters.
  func activationParameters(of inputs: [Shape], output: Shape) -> [LayerParameter] {
    let (activation, shape) = activated(of: inputs, output: output)
    let channels = shape.rank == 0 ? 1 : ChannelAxis.extent(of: shape)
    return activation.learned.map {
      $0.parameter(prefix: Self.activationPrefix, channels: channels)
    }
  }

  /// The layer's own parameters, and then what its activation learns.
  func allParameters(of inputs: [Shape], output: Shape) -> [LayerParameter] {
    parameters(of: inputs) + activationParameters(of: inputs, output: output)
  }
}

/// One array that a layer learns, or keeps from step to step.
public struct LayerParameter: Hashable, Sendable {
  /// The name within the layer, as PyTorch has it: `weight`, `bias`, ….
  public let name: String
  public let shape: Shape
  public let initializer: Initializer
  /// Whether the optimizer changes it; else it's a state that passes themselves update, such as running
  /// statistics (`Graph.update(_:to:)`).
  public let isTrainable: Bool
  /// How it begins in place of what was drawn, when that follows from others of the layer.
  public let derivation: ParameterDerivation?

  public init(
    _ name: String, _ shape: Shape, _ initializer: Initializer, isTrainable: Bool = true,
    derivation: ParameterDerivation? = nil
  ) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isTrainable = isTrainable
    self.derivation = derivation
  }
}

/// What a model is built for.
public enum Mode: String, Hashable, Sendable {
  case training
  case inference
}

/// What a layer may know of the graph that it becomes a part of.
public struct ForwardContext: Sendable {
  /// The layer's name; also names its stream of random numbers.
  public let layer: String
  public let mode: Mode
  public var batch: Int
  /// The layer's output without the batch axis.
  public let outputShape: Shape
  /// The values of what the activation learns.
  let activationParameters: [Value]
  /// Which places of each input are real, `[N, T]`: 1, or 0 for padding; `nil` when all are.
  public let masks: [Value?]
  /// The graph whose vertices the batch is; `nil` when it isn't one.
  public var structure: GraphStructure?
  /// Where the stored elements of the first input are, `[batch, features]`; `nil` when it is dense.
  public var sparsity: SparsePattern?

  init(
    layer: String, mode: Mode, batch: Int, outputShape: Shape, activationParameters: [Value] = [],
    masks: [Value?] = []
  ) {
    self.layer = layer
    self.mode = mode
    self.batch = batch
    self.outputShape = outputShape
    self.activationParameters = activationParameters
    self.masks = masks
  }

  /// `activation(x)`, with what the layer's activation has learned.
  func activate(
    _ x: Value, by activation: Activation, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try activation.apply(to: x, parameters: activationParameters, in: &graph)
  }

  /// The mask of one input.
  func mask(_ index: Int = 0) -> Value? { masks.indices.contains(index) ? masks[index] : nil }
}
