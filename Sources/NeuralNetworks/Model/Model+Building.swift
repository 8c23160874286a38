import Autodiff
import Tensors

extension Model {
  /// Where the parts of a model are in the graph it was built into.
  public typealias Parts = (
    input: Value, output: Value, layerOutputs: [(layer: String, value: Value)], parameters: [Value]
  )

  /// Adds the model to a graph.
  ///
  /// - Shapes: input `[batch, …inputShape]`, output `[batch, …outputShape]`; parameters as
  ///   `parameters` lists them. Numbers have the graph's element type.
  /// - Throws: `GraphError` with the layer's name as its scope.
  public func build(
    batch: Int, mode: Mode, into graph: inout Graph
  ) throws(GraphError) -> Parts {
    let scope = graph.scope
    defer { graph.scope = scope }
    let element = inputElement.isFloatingPoint ? graph.element : inputElement
    let input = graph.input("input", TensorType(inputShape.prepending(batch), element))
    var outputs: [Value] = []
    var values: [Value] = []
    var ofLayers: [[Value]] = []
    for layer in spec.layers {
      graph.scope = layer.name
      let inputs = layer.sources.map { source in
        switch source {
        case .input: input
        case .layer(let index): outputs[index]
        }
      }
      let own = ParameterDescription.all(of: layer).map { parameter in
        graph.parameter(parameter.name, parameter.shape)
      }
      let parameters = layer.share.map { ofLayers[$0] } ?? own
      ofLayers.append(parameters)
      let context = ForwardContext(
        layer: layer.name, mode: mode, batch: batch, outputShape: layer.outputShape)
      outputs.append(
        try layer.layer.forward(inputs, parameters: parameters, context: context, in: &graph))
      values += own
    }
    let named = zip(spec.layers, outputs).map { (layer: $0.name, value: $1) }
    return (input, outputs.last ?? input, named, values)
  }
}
