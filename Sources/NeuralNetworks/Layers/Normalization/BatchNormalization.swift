import Autodiff
import JSON
import Tensors

/// Normalises each channel by its mean and variance over the batch.
///
/// `y = (x - mean) / √(variance + ε) · weight + bias`. Training takes the batch's statistics and moves the
/// running ones towards them by `momentum`, the variance unbiased; inference takes the running ones.
/// Ioffe and Szegedy 2015, arXiv:1502.03167.
///
/// - Shapes: input `[N, C, …]`, or `[N, T, C]` for sequences; output the same.
/// - Parameters: `weight [C]`, `bias [C]`, and the states `running_mean [C]`, `running_var [C]`, as PyTorch's
///   `nn.BatchNorm1d`, `2d` and `3d`.
public struct BatchNormalization: Layer {
  public let epsilon: Double
  public let momentum: Double
  public let affine: Bool

  private static let momentumField = Field(
    "momentum", .number(0...1), default: 0.1,
    "How far a step moves the running statistics towards the batch's.")
  public static let documentation = CatalogEntry(
    type: "batch_norm",
    summary: "Normalises each channel by its mean and variance over the batch.",
    formula: "y = (x - mean) / sqrt(variance + epsilon) weight + bias",
    shapes: "[C], [T, C], [C, H, W] or [C, D, H, W] -> the same",
    fields: [NormalizationFields.epsilon, momentumField, NormalizationFields.affine],
    weights: ["weight [C]", "bias [C]", "running_mean [C]", "running_var [C]"],
    source: "Ioffe and Szegedy 2015, arXiv:1502.03167. As torch.nn.BatchNorm2d.")

  public static let masking = Masking.keeps

  public init(from reader: inout ObjectReader) {
    epsilon = reader.double(NormalizationFields.epsilon)
    momentum = reader.double(BatchNormalization.momentumField)
    affine = reader.bool(NormalizationFields.affine)
  }

  public var configuration: [(String, JSON)] {
    [
      ("epsilon", .number(epsilon)), ("momentum", .number(momentum)), ("affine", .bool(affine)),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    _ = try ChannelAxis.channels(of: inputs[0])
    return inputs[0]
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let shape: Shape = [ChannelAxis.extent(of: inputs[0])]
    var parameters: [LayerParameter] = []
    if affine { parameters = NormalizationFields.affineParameters(shape) }
    parameters.append(LayerParameter("running_mean", shape, .zeros, isTrainable: false))
    parameters.append(
      LayerParameter("running_var", shape, .constant(value: 1), isTrainable: false))
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int { 7 * output.count }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: inputs[0])
    let isSequence = shape.rank == 3
    let x =
      isSequence
      ? try graph.reshape(inputs[0], to: [shape[0] * shape[1], shape[2]]) : inputs[0]
    let weight = affine ? parameters[0] : nil
    let bias = affine ? parameters[1] : nil
    let states = parameters.suffix(2)
    var y: Value
    if context.mode == .inference {
      y = try graph.batchNorm(
        x, mean: states[states.startIndex], variance: states[states.startIndex + 1],
        weight: weight, bias: bias, epsilon: epsilon)
    } else {
      let result = try graph.batchNorm(x, weight: weight, bias: bias, epsilon: epsilon)
      y = result.output
      let channels = graph.shape(of: states[states.startIndex]).count
      let examples = Double(graph.shape(of: x).count / channels)
      // A single number a channel has no unbiased variance; its biased one is 0.
      let corrections = [1, examples / max(examples - 1, 1)]
      for (row, state) in states.enumerated() {
        let batch = try graph.reshape(
          graph.slice(result.moments, axis: 0, row..<row + 1), to: [channels])
        try graph.update(
          state,
          to: graph.add(
            graph.scale(graph.current(state), by: 1 - momentum),
            graph.scale(batch, by: momentum * corrections[row])))
      }
    }
    return isSequence ? try graph.reshape(y, to: shape) : y
  }
}
