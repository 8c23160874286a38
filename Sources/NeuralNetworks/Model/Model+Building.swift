import Autodiff
import Tensors

extension Model {
  /// Where the parts of a model are in the graph it was built into.
  public typealias Parts = (
    inputs: [Value], outputs: [Value], layerOutputs: [(layer: String, value: Value)],
    parameters: [Value],
    /// Of each output, which of its steps are real, `[batch, T]`; `nil` where all are.
    outputMasks: [Value?]
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
      let context = ForwardContext(
        layer: layer.name, mode: mode, batch: batch, outputShape: layer.outputShape,
        activationParameters: Array(parameters.suffix(learned)), masks: masksOfInputs)
      made[index] = try layer.layer.forward(
        layer.sources.map(value), parameters: Array(parameters.dropLast(learned)),
        context: context, in: &graph)
      masks[index] = try layer.layer.outputMask(
        masksOfInputs, output: layer.outputShape, in: &graph)
    }
    let named = zip(spec.layers, made).map { (layer: $0.name, value: $1) }
    return (taken, spec.outputs.map(value), named, own.flatMap(\.self), spec.outputs.map(mask))
  }
}
