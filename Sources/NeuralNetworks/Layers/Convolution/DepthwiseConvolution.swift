import Autodiff
import JSON
import Tensors

/// A convolution of each channel of an image by its own kernels.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, C · multiplier, H', W']` by `Window.rule`.
/// - Parameters: `weight [C · multiplier, 1, kh, kw]`, `bias [C · multiplier]`, as PyTorch's `nn.Conv2d` with as many
///   groups as channels.
public struct DepthwiseConvolution: Layer {
  public let multiplier: Int
  let window: Window<TwoAxes>
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  static let multiplierField = Field(
    "multiplier", .integer(1...1_024), default: 1, "How many kernels a channel has.")

  public static let documentation = CatalogEntry(
    type: "depthwise_conv2d",
    summary: "A convolution of each channel of an image by its own kernels.",
    formula: "y[c m + v, i, j] = activation(b[c m + v] + Σ w[c m + v, u] x[c, (i, j) s + u d - p])",
    shapes: "[C, H, W] -> [C multiplier, H', W']",
    fields: [multiplierField] + Window<TwoAxes>.kernelFields + [
      CommonFields.activation, CommonFields.bias, CommonFields.initializer,
      CommonFields.biasInitializer,
    ],
    weights: ["weight [C multiplier, 1, kh, kw]", "bias [C multiplier]"],
    source: "As torch.nn.Conv2d with groups = C.")

  public static let shapeFields = ["multiplier", "kernel", "stride", "padding", "dilation"]

  public init(from reader: inout ObjectReader) {
    multiplier = reader.integer(DepthwiseConvolution.multiplierField)
    window = Window(kernelFrom: &reader)
    activation = ConvolutionFields.activation(&reader, axes: 2)
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(
      CommonFields.initializer, default: .standard(before: activation))
    biasInitializer = reader.initializer(CommonFields.biasInitializer, default: .zeros)
  }

  public var configuration: [(String, JSON)] {
    [("multiplier", .integer(multiplier))] + window.kernelConfiguration + [
      ("activation", activation.json), ("bias", .bool(bias)), ("initializer", initializer.json),
      ("bias_initializer", biasInitializer.json),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try TwoAxes.check(inputs[0], Self.type, to: TwoAxes.output("C multiplier"))
    return try window.output(
      of: inputs[0], channels: inputs[0][0] * multiplier, field: "kernel")
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let channels = inputs[0][0] * multiplier
    var parameters = [LayerParameter("weight", Shape([channels, 1] + window.size), initializer)]
    if bias { parameters.append(LayerParameter("bias", [channels], biasInitializer)) }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    output.count * (2 * window.taps + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let channels = graph.shape(of: inputs[0])[1]
    let y = try window.convolution(
      inputs[0], weight: parameters[0], bias: bias ? parameters[1] : nil, groups: channels,
      in: &graph)
    return try context.activate(y, by: activation, in: &graph)
  }
}
