import Autodiff
import JSON
import Tensors

/// A convolution over sequences, images or volumes.
///
/// `y[f, i] = activation(b[f] + Σ w[f, c, u] x[c, i s + u d - p])`, `i` and `u` running along each axis.
///
/// - Shapes: input `[N, T, C]`, `[N, C, H, W]` or `[N, C, D, H, W]`, output the same with `filters` channels and
///   extents by `Window.rule`.
/// - Parameters: `weight [filters, C/groups, k…]`, `bias [filters]`, as PyTorch's `nn.Conv1d`, `2d` and `3d`.
public struct Convolution<Axes: SpatialAxes>: Layer {
  public let filters: Int
  let window: Window<Axes>
  public let groups: Int
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  public static var documentation: CatalogEntry {
    let axes = Axes.count
    let place = ["i", "i, j", "i, j, k"][axes - 1]
    let kernel = ["k", "kh, kw", "kd, kh, kw"][axes - 1]
    return CatalogEntry(
      type: "conv\(axes)d",
      summary: "A convolution over \(["sequences", "images", "volumes"][axes - 1]).",
      formula: "y[f, \(place)] = activation(b[f] + Σ w[f, c, u] x[c, (\(place)) s + u d - p])",
      shapes: "\(Axes.example) -> "
        + "\(Axes.output("filters")), "
        + "each extent floor((extent + 2p - d (k - 1) - 1) / s) + 1",
      fields: [ConvolutionFields.filters] + Window<Axes>.kernelFields + [
        ConvolutionFields.groups, CommonFields.activation, CommonFields.bias,
        CommonFields.initializer, CommonFields.biasInitializer,
      ],
      weights: ["weight [filters, C/groups, \(kernel)]", "bias [filters]"],
      source: "As torch.nn.Conv\(axes)d.")
  }

  public static var shapeFields: [String] {
    ["filters", "kernel", "stride", "padding", "dilation", "groups"]
  }

  public init(from reader: inout ObjectReader) {
    filters = reader.integer(ConvolutionFields.filters)
    window = Window(kernelFrom: &reader)
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
      ("groups", .integer(groups)), ("activation", activation.json), ("bias", .bool(bias)),
      ("initializer", initializer.json), ("bias_initializer", biasInitializer.json),
    ]
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    try Axes.check(input, Self.type, to: Axes.output("filters"))
    let channels = ChannelAxis.extent(of: input)
    guard channels % groups == 0 else {
      let kernel = window.size.map(String.init).joined(separator: ", ")
      throw ShapeFault(
        field: "groups",
        "\(groups) groups don't divide the \(channels) channels of the input \(input); the weight "
          + "would be [\(filters), \(channels)/\(groups), \(kernel)]",
        rule: "groups divides the input's channels")
    }
    return try window.output(of: input, channels: filters, field: "kernel")
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let shape = Shape([filters, ChannelAxis.extent(of: inputs[0]) / groups] + window.size)
    var parameters = [LayerParameter("weight", shape, initializer)]
    if bias { parameters.append(LayerParameter("bias", [filters], biasInitializer)) }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let taps = ChannelAxis.extent(of: inputs[0]) / groups * window.taps
    return output.count * (2 * taps + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let y = try window.convolution(
      inputs[0], weight: parameters[0], bias: bias ? parameters[1] : nil, groups: groups, in: &graph
    )
    return try context.activate(y, by: activation, in: &graph)
  }
}

public typealias Conv1D = Convolution<OneAxis>
public typealias Conv2D = Convolution<TwoAxes>
public typealias Conv3D = Convolution<ThreeAxes>
