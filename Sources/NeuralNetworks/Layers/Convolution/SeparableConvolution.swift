import Autodiff
import JSON
import Tensors

/// A convolution of each channel by its own kernels, and then one of 1 × 1 across the channels.
///
/// Chollet 2017, arXiv:1610.02357.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, filters, H', W']` by `Window.rule`.
/// - Parameters: `depthwise.weight [C · multiplier, 1, kh, kw]`, `pointwise.weight [filters, C · multiplier, 1, 1]`,
///   `pointwise.bias [filters]`.
public struct SeparableConvolution: Layer {
  public let filters: Int
  public let multiplier: Int
  let window: Window<TwoAxes>
  public let activation: Activation
  public let bias: Bool
  public let depthwiseInitializer: Initializer
  public let initializer: Initializer
  public let biasInitializer: Initializer

  private static let depthwiseField = Field(
    "depthwise_initializer", .described("an initializer"), default: "glorot_uniform",
    "How the kernels of single channels begin.")

  public static let documentation = CatalogEntry(
    type: "separable_conv2d",
    summary:
      "A convolution of each channel by its own kernels, and then one of 1 x 1 across the channels.",
    formula: "y = activation(pointwise(depthwise(x)) + b)",
    shapes: "[C, H, W] -> [filters, H', W']",
    fields: [ConvolutionFields.filters, DepthwiseConvolution.multiplierField]
      + Window<TwoAxes>.kernelFields + [
        CommonFields.activation, CommonFields.bias, depthwiseField, CommonFields.initializer,
        CommonFields.biasInitializer,
      ],
    weights: [
      "depthwise.weight [C multiplier, 1, kh, kw]",
      "pointwise.weight [filters, C multiplier, 1, 1]",
      "pointwise.bias [filters]",
    ],
    source: "Chollet 2017, arXiv:1610.02357.")

  public static let shapeFields = [
    "filters", "multiplier", "kernel", "stride", "padding", "dilation",
  ]

  public init(from reader: inout ObjectReader) {
    filters = reader.integer(ConvolutionFields.filters)
    multiplier = reader.integer(DepthwiseConvolution.multiplierField)
    window = Window(kernelFrom: &reader)
    activation = ConvolutionFields.activation(&reader, axes: 2)
    bias = reader.bool(CommonFields.bias)
    depthwiseInitializer = reader.initializer(
      SeparableConvolution.depthwiseField, default: .glorotUniform(gain: 1))
    initializer = reader.initializer(
      CommonFields.initializer, default: .standard(before: activation))
    biasInitializer = reader.initializer(CommonFields.biasInitializer, default: .zeros)
  }

  public var configuration: [(String, JSON)] {
    [("filters", .integer(filters)), ("multiplier", .integer(multiplier))]
      + window.kernelConfiguration + [
        ("activation", activation.json), ("bias", .bool(bias)),
        ("depthwise_initializer", depthwiseInitializer.json), ("initializer", initializer.json),
        ("bias_initializer", biasInitializer.json),
      ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    try TwoAxes.check(inputs[0], Self.type, to: TwoAxes.output("filters"))
    return try window.output(of: inputs[0], channels: filters, field: "kernel")
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let channels = inputs[0][0] * multiplier
    var parameters = [
      LayerParameter(
        "depthwise.weight", Shape([channels, 1] + window.size), depthwiseInitializer),
      LayerParameter("pointwise.weight", [filters, channels, 1, 1], initializer),
    ]
    if bias { parameters.append(LayerParameter("pointwise.bias", [filters], biasInitializer)) }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let channels = inputs[0][0] * multiplier
    let places = output.count / filters
    return places * channels * 2 * (window.taps + filters) + output.count * activation.flops
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let channels = graph.shape(of: inputs[0])[1]
    let depthwise = try window.convolution(
      inputs[0], weight: parameters[0], bias: nil, groups: channels, in: &graph)
    let y = try graph.conv2d(
      depthwise, weight: parameters[1], bias: bias ? parameters[2] : nil)
    return try context.activate(y, by: activation, in: &graph)
  }
}
