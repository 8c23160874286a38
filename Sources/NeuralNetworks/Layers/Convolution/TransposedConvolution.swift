import Autodiff
import JSON
import Tensors

/// What a convolution's derivative does to its output: each element spreads the kernel.
///
/// `y[f, i s + u d - p] += w[c, f, u] x[c, i]` over all `c`, `i` and `u`, then `activation(y + b)`. Dumoulin and Visin
/// 2016, arXiv:1603.07285.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same with `filters` channels and
///   extents `(L - 1) s - 2p + d (k - 1) + output padding + 1`.
/// - Parameters: `weight [C, filters/groups, k…]`, `bias [filters]`, as PyTorch's `nn.ConvTranspose1d`, `2d` and `3d`.
public struct TransposedConvolution<Axes: SpatialAxes>: Layer {
  public let filters: Int
  let window: Window<Axes>
  /// Places at the far ends that no element would reach.
  public let outputPadding: [Int]
  public let groups: Int
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  private static var rule: String {
    "output = (input - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1, at least 1"
  }

  public static var documentation: CatalogEntry {
    let axes = Axes.count
    let kernel = ["k", "kh, kw", "kd, kh, kw"][axes - 1]
    return CatalogEntry(
      type: "conv\(axes)d_transpose",
      summary:
        "A transposed convolution over \(["sequences", "images", "volumes"][axes - 1]): each element spreads the kernel.",
      formula: "y[f, i s + u d - p] += w[c, f, u] x[c, i], then activation(y + b)",
      shapes: "\(Axes.example) -> \(Axes.output("filters")), "
        + "each extent (extent - 1) s - 2p + d (k - 1) + output_padding + 1",
      fields: [ConvolutionFields.filters] + Window<Axes>.kernelFields(hasWords: false) + [
        Field(
          "output_padding", .described("\(Axes.words), less than the stride or the dilation"),
          default: 0, "Places added at the far end of each axis."),
        ConvolutionFields.groups, CommonFields.activation, CommonFields.bias,
        CommonFields.initializer, CommonFields.biasInitializer,
      ],
      weights: ["weight [C, filters/groups, \(kernel)]", "bias [filters]"],
      source: "Dumoulin and Visin 2016, arXiv:1603.07285. As torch.nn.ConvTranspose\(axes)d.")
  }

  public static var shapeFields: [String] {
    ["filters", "kernel", "stride", "padding", "output_padding", "dilation", "groups"]
  }

  public init(from reader: inout ObjectReader) {
    filters = reader.integer(ConvolutionFields.filters)
    window = Window(kernelFrom: &reader, hasWords: false)
    outputPadding =
      reader.extents("output_padding", count: Axes.count, in: 0...LayerLimits.window)
      ?? Axes.repeated(0)
    let longest = zip(window.stride, window.dilation).map { max($0, $1) }
    if zip(outputPadding, longest).contains(where: { $0 >= $1 }) {
      reader.fault(
        "output_padding",
        "\(outputPadding) isn't less than the stride \(window.stride) or the dilation \(window.dilation)"
      )
    }
    groups = reader.integer(ConvolutionFields.groups)
    if filters % groups != 0 {
      reader.fault("groups", "\(groups) groups don't divide \(filters) filters")
    }
    activation = ConvolutionFields.activation(&reader, axes: Axes.count)
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(
      CommonFields.initializer, default: .standard(before: activation))
    biasInitializer = reader.initializer(CommonFields.biasInitializer, default: .zeros)
  }

  public var configuration: [(String, JSON)] {
    [("filters", .integer(filters))] + window.kernelConfiguration + [
      ("output_padding", Axes.json(outputPadding)), ("groups", .integer(groups)),
      ("activation", activation.json), ("bias", .bool(bias)), ("initializer", initializer.json),
      ("bias_initializer", biasInitializer.json),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    try Axes.check(input, Self.type, to: Axes.output("filters"))
    let channels = ChannelAxis.extent(of: input)
    guard channels % groups == 0 else {
      throw ShapeFault(
        field: "groups",
        "\(groups) groups don't divide the \(channels) channels of the input \(input)",
        rule: "groups divides the input's channels")
    }
    let extents = Axes.extents(of: input)
    let output = extents.indices.map { axis in
      (extents[axis] - 1) * window.stride[axis] - 2 * window.padding[axis]
        + window.dilation[axis] * (window.size[axis] - 1) + outputPadding[axis] + 1
    }
    guard output.allSatisfy({ $0 >= 1 }) else {
      throw ShapeFault(
        field: "padding",
        "a padding of \(window.padding) leaves nothing of the input \(input) with the kernel "
          + "\(window.size); the output would be \(Axes.shape(channels: filters, output))",
        rule: Self.rule)
    }
    return Axes.shape(channels: filters, output)
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let shape = Shape([ChannelAxis.extent(of: inputs[0]), filters / groups] + window.size)
    var parameters = [LayerParameter("weight", shape, initializer)]
    if bias { parameters.append(LayerParameter("bias", [filters], biasInitializer)) }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    inputs[0].count * (filters / groups) * window.taps * 2
      + output.count * ((bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let (x, weight, bias) = (inputs[0], parameters[0], bias ? parameters[1] : nil)
    let (stride, padding, dilation) = (window.stride, window.padding, window.dilation)
    let y: Value
    switch Axes.count {
    case 1:
      y = try ChannelAxis.first(x, in: &graph) { (graph, x) throws(GraphError) in
        try graph.conv1dTranspose(
          x, weight: weight, bias: bias, stride: stride[0], padding: padding[0],
          outputPadding: outputPadding[0], dilation: dilation[0], groups: groups)
      }
    case 2:
      y = try graph.conv2dTranspose(
        x, weight: weight, bias: bias, stride: stride.two, padding: padding.two,
        outputPadding: outputPadding.two, dilation: dilation.two, groups: groups)
    default:
      y = try graph.conv3dTranspose(
        x, weight: weight, bias: bias, stride: stride.three, padding: padding.three,
        outputPadding: outputPadding.three, dilation: dilation.three, groups: groups)
    }
    return try context.activate(y, by: activation, in: &graph)
  }
}
