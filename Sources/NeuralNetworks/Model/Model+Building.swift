import Autodiff
import Tensors

extension Model {
  /// Where the parts of a model are in the graph it was built into.
  public typealias Parts = (
    inputs: [Value], outputs: [Value], layerOutputs: [(layer: String, value: Value)],
    parameters: [Value],
    /// Of each output, which of its steps are real, `[batch, T]`; `nil` where all are.
    outputMasks: [Value?],
    /// Where the graph is; `nil` for a model on none.
    graph: GraphParts?
  )

  /// Adds the model to a graph.
  ///
  /// - Shapes: inputs `[batch, …]` and outputs `[batch, …]`, in the order of the model's; parameters
  ///   as `parameters` lists them. Numbers have the graph's element type.
  ///
  /// A model on a graph is computed for all vertices at once, whatever the batch. Its input is int32 `[batch]`:
  /// which vertices, or after a readout which graphs, the output is of.
  ///
  /// - Parameter extents: how large the graph is, for a model on one.
  /// - Throws: `GraphError` with the layer's name as its scope.
  public func build(
    batch: Int, mode: Mode, extents: GraphExtents = .nominal, into graph: inout Graph
  ) throws(GraphError) -> Parts {
    let scope = graph.scope
    defer { graph.scope = scope }
    let parts = inputs[0].graph.map { GraphParts(inputs[0], $0, extents, batch, in: &graph) }
    let taken =
      parts.map { [$0.features] }
      ?? inputs.map { input in
        let element = input.element.isFloatingPoint ? graph.element : input.element
        return graph.input(input.name, TensorType(input.shape.prepending(batch), element))
      }
    var inputMasks: [Value?] = []
    for (input, value) in zip(inputs, taken) {
      inputMasks.append(try input.mask(of: value, in: &graph))
    }
    let own = spec.layers.map { layer in
      graph.scope = layer.name
      return ParameterDescription.all(of: layer).map { parameter in
        graph.parameter(parameter.name, parameter.shape)
      }
    }
    // Each layer's output takes the place of the input that stands there until it is built.
    var made = [Value](repeating: taken[0], count: spec.layers.count)
    var masks = [Value?](repeating: nil, count: spec.layers.count)
    func value(of source: LayerSource) -> Value {
      switch source {
      case .input(let index): taken[index]
      case .layer(let index): made[index]
      }
    }
    func mask(of source: LayerSource) -> Value? {
      switch source {
      case .input(let index): inputMasks[index]
      case .layer(let index): masks[index]
      }
    }
    for index in spec.order {
      let layer = spec.layers[index]
      graph.scope = layer.name
      let parameters = own[layer.share ?? index]
      let learned = layer.layer.activationParameters(
        of: layer.inputShapes, output: layer.outputShape
      ).count
      let masksOfInputs = layer.sources.map(mask)
      var context = ForwardContext(
        layer: layer.name, mode: mode, batch: batch, outputShape: layer.outputShape,
        activationParameters: Array(parameters.suffix(learned)), masks: masksOfInputs)
      parts?.describe(layer, to: &context)
      made[index] = try layer.layer.forward(
        layer.sources.map(value), parameters: Array(parameters.dropLast(learned)),
        context: context, in: &graph)
      masks[index] = try layer.layer.outputMask(
        masksOfInputs, output: layer.outputShape, in: &graph)
    }
    let named = zip(spec.layers, made).map { (layer: $0.name, value: $1) }
    let parameters = own.flatMap(\.self)
    guard let parts else {
      return (taken, spec.outputs.map(value), named, parameters, spec.outputs.map(mask), nil)
    }
    graph.scope = scope
    var outputs: [Value] = []
    for output in spec.outputs {
      outputs.append(try graph.gather(value(of: output), indices: parts.examples))
    }
    let none = [Value?](repeating: nil, count: outputs.count)
    return ([parts.examples], outputs, named, parameters, none, parts)
  }
}
