import Autodiff
import Tensors

extension Model {
  /// Where the parts of a model are in the graph it was built into.
  public typealias Parts = (
    inputs: [Value], outputs: [Value], layerOutputs: [(layer: String, value: Value)],
    parameters: [Value]
  )

  /// Adds the model to a graph.
  ///
  /// - Shapes: inputs `[batch, …]` and outputs `[batch, …]`, in the order of the model's; parameters
  ///   as `parameters` lists them. Numbers have the graph's element type.
  /// - Throws: `GraphError` with the layer's name as its scope.
  public func build(
    batch: Int, mode: Mode, into graph: inout Graph
  ) throws(GraphError) -> Parts {
    let scope = graph.scope
    defer { graph.scope = scope }
    let taken = inputs.map { input in
      let element = input.element.isFloatingPoint ? graph.element : input.element
      return graph.input(input.name, TensorType(input.shape.prepending(batch), element))
    }
    var made: [Value] = []
    var values: [Value] = []
    func value(of source: LayerSource) -> Value {
      switch source {
      case .input(let index): taken[index]
      case .layer(let index): made[index]
      }
    }
    var ofLayers: [[Value]] = []
    for layer in spec.layers {
      graph.scope = layer.name
      let inputs = layer.sources.map(value)
      let own = ParameterDescription.all(of: layer).map { parameter in
        graph.parameter(parameter.name, parameter.shape)
      }
      let parameters = layer.share.map { ofLayers[$0] } ?? own
      ofLayers.append(parameters)
      let context = ForwardContext(
        layer: layer.name, mode: mode, batch: batch, outputShape: layer.outputShape)
      made.append(
        try layer.layer.forward(inputs, parameters: parameters, context: context, in: &graph))
      values += own
    }
    let named = zip(spec.layers, made).map { (layer: $0.name, value: $1) }
    return (taken, spec.outputs.map(value), named, values)
  }
}
