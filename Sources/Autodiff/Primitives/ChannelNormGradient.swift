import Tensors

/// The derivative by `x` of a normalisation whose weight and bias belong to channels, from `dy`, `x`, its
/// statistics and perhaps the weight; the auxiliary has the derivatives by weight and bias, `[2, C]`.
///
/// The statistics are functions of `x`: the derivative by `x` has their part.
protocol ChannelNormGradient: Primitive {
  /// `x` normalised, without weight and bias.
  func normal(_ graph: inout Graph, _ x: Value, _ statistics: Value) throws(GraphError) -> Value
  /// The derivative by `x` of `a · J b`, as `Graph.normalizationCurvature` has it, for this one's axes.
  func curvature(
    _ graph: inout Graph, _ x: Value, left: (Value, Value), right: (Value, Value)
  ) throws(GraphError) -> Value
}

extension ChannelNormGradient {
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, x, statistics) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let shape = context.type(of: x).shape
    // The derivative of normalising is symmetric.
    let plain = try context.graph.apply(self, [context.cotangent, x, statistics])
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    var weight: Value?
    if parts.count > 3 {
      weight = try context.graph.channels(context.inputs[3], of: shape)
      let product = try context.graph.multiply(plain, dy)
      parts[3] = try context.graph.channelSums(product)
    }
    parts[0] = try context.graph.multiply(plain, by: weight)
    if context.isNeeded(1) {
      let weighted = try context.graph.multiply(dy, by: weight)
      parts[1] = try curvature(
        &context.graph, x, left: (context.cotangent, plain), right: (weighted, context.output))
    }
    return parts
  }

  /// From `c` and `d`, the cotangents of `Σ dy z` and of `Σ dy`.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let (dy, x, statistics) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let shape = context.type(of: x).shape
    let sums = try context.graph.normalizationSums(context.cotangent, shape: [shape[1]])
    let normal = try normal(&context.graph, x, statistics)
    let product = try context.graph.multiply(
      normal, context.graph.channels(sums[0], of: shape))
    return [
      try context.graph.add(product, context.graph.channels(sums[1], of: shape)),
      context.isNeeded(1) ? try context.graph.apply(self, [dy, x, statistics, sums[0]]) : nil,
      nil, nil,
    ]
  }
}
