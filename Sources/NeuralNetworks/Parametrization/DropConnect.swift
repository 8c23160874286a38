import Autodiff
import JSON
import Tensors

/// A layer whose weights are dropped at random while training, in place of what they make.
///
/// `W m / (1 - rate)` with `m` drawn from `Bernoulli(1 - rate)` for each element once a batch; the draw is a function of seed, layer,
/// step and position. Wan et al. 2013, PMLR 28(3); of recurrent layers the weights from step to step, the same in all steps:
/// Merity, Keskar and Socher 2018, arXiv:1708.02182.
struct DropConnect<Base: DroppableLayer>: LayerWrapper {
  let base: Base
  let rate: Double

  init(base: Base, rate: Double) {
    self.base = base
    self.rate = rate
  }

  /// Reads the layer alone; `DropConnection.read` is what finds a rate.
  init(from reader: inout ObjectReader) { self.init(base: Base(from: &reader), rate: 0) }

  var configuration: [(String, JSON)] {
    base.configuration + [(DropConnection.field.name, .number(rate))]
  }

  var sparseSupport: SparseSupport { base.sparseSupport }

  func taking(vocabulary: Int?) throws(ShapeFault) -> DropConnect {
    DropConnect(base: try base.taking(vocabulary: vocabulary), rate: rate)
  }

  func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try base.outputShape(of: inputs)
  }

  func parameters(of inputs: [Shape]) -> [LayerParameter] { base.parameters(of: inputs) }

  func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    guard context.mode == .training, rate > 0 else {
      return try base.forward(inputs, parameters: parameters, context: context, in: &graph)
    }
    let own = base.parameters(of: inputs.map { graph.shape(of: $0).dropFirst() })
    var values = parameters
    for (index, parameter) in own.enumerated() where Base.drops(parameter.name) {
      values[index] = try graph.dropout(
        parameters[index], rate: rate, stream: "\(context.layer).\(parameter.name)")
    }
    return try base.forward(inputs, parameters: values, context: context, in: &graph)
  }
}

/// A layer that drops weights of another.
protocol DroppingLayer: Layer {
  var dropped: any Layer { get }
}

extension DropConnect: DroppingLayer {
  var dropped: any Layer { base }
}

/// A layer with weights that `drop_connect` may drop.
protocol DroppableLayer: Layer {
  /// Whether a parameter, by its name in the layer, is such a weight.
  static func drops(_ name: String) -> Bool
}

extension DroppableLayer {
  static func drops(_ name: String) -> Bool { name == "weight" }
}

extension Dense: DroppableLayer {}
extension Bilinear: DroppableLayer {}
extension Embedding: DroppableLayer {}
extension Convolution: DroppableLayer {}
extension DepthwiseConvolution: DroppableLayer {}
extension TransposedConvolution: DroppableLayer {}

extension Recurrent: DroppableLayer {
  static func drops(_ name: String) -> Bool { name.hasPrefix("weight_hh") }
}

/// The member `drop_connect` of layers that have such weights.
enum DropConnection {
  static let field = Field(
    "drop_connect", .number(0...0.999), default: 0.0,
    """
    The fraction of the weights that become zero at random while training, others for each batch; of recurrent layers \
    those from step to step (arXiv:1708.02182). Wan et al. 2013, PMLR 28(3).
    """)

  /// Reads the member, and makes a layer one that drops its weights when it asks for that.
  ///
  /// - Parameter type: as the catalog has it.
  static func read(
    _ layer: any Layer, _ type: any Layer.Type, from reader: inout ObjectReader
  ) -> any Layer {
    guard type is any DroppableLayer.Type else {
      // What isn't asked for isn't told to be known here.
      if reader.has(field.name) {
        _ = reader.value(field.name)
        let others = LayerCatalog.all.filter { $0 is any DroppableLayer.Type }.map { $0.type }
        reader.fault(
          field.name,
          "\(type.type) has no weights to drop; it is for \(others.joined(separator: ", "))")
      }
      return layer
    }
    let rate = reader.double(field)
    guard rate > 0 else { return layer }
    guard let droppable = layer as? any DroppableLayer else {
      reader.fault(
        field.name, "excludes weight_norm and spectral_norm, which make the weight of others")
      return layer
    }
    return wrapped(droppable, rate)
  }

  private static func wrapped<Base: DroppableLayer>(_ base: Base, _ rate: Double) -> any Layer {
    DropConnect(base: base, rate: rate)
  }
}
