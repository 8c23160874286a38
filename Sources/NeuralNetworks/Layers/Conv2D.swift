import Autodiff
import JSON
import Tensors

/// A convolution over images, channels first.
///
/// `y[n, f, i, j] = activation(b[f] + Σ w[f, c, u, v] x[n, c, i·s + u·d - p, j·s + v·d - p])`.
///
/// - Shapes: input `[N, C, H, W]`, output `[N, filters, H', W']` by `Window.rule`.
/// - Parameters: `weight [filters, C/groups, kh, kw]`, `bias [filters]`, as PyTorch's `nn.Conv2d`.
public struct Conv2D: Layer {
  public let filters: Int
  public let kernel: Pair
  public let stride: Pair
  public let padding: Pair
  public let dilation: Pair
  public let groups: Int
  public let activation: Activation
  public let bias: Bool
  public let initializer: Initializer
  public let biasInitializer: Initializer

  private static let filtersField = Field(
    "filters", .integer(1...LayerLimits.units), isRequired: true, "How many output channels.")
  private static let groupsField = Field(
    "groups", .integer(1...LayerLimits.units), default: 1,
    "Into how many groups channels are cut; divides the input's channels and the filters.")
  private static let pair = "an integer or [height, width]"

  public static let documentation = CatalogEntry(
    type: "conv2d",
    summary: "A convolution over images, channels first.",
    formula: "y[f, i, j] = activation(b[f] + Σ w[f, c, u, v] x[c, i s + u d - p, j s + v d - p])",
    shapes: "[C, H, W] -> [filters, H', W'], H' = floor((H + 2p - d (k - 1) - 1) / s) + 1",
    fields: [
      filtersField,
      Field(
        "kernel", .described("\(pair), 1 to \(LayerLimits.window)"), isRequired: true,
        "The kernel's size."),
      Field(
        "stride", .described("\(pair), 1 to \(LayerLimits.window)"), default: 1,
        "How far the kernel moves."),
      Field(
        "padding", .described("\(pair), 0 to \(LayerLimits.window), \"same\" or \"valid\""),
        default: 0,
        """
        Zeros around the image. "same" keeps height and width; it needs stride 1 and an odd \
        dilation (kernel - 1) + 1. "valid" is 0.
        """),
      Field(
        "dilation", .described("\(pair), 1 to \(LayerLimits.window)"), default: 1,
        "The distance of the kernel's taps."),
      groupsField, CommonFields.activation, CommonFields.bias, CommonFields.initializer,
      CommonFields.biasInitializer,
    ],
    weights: ["weight [filters, C/groups, kh, kw]", "bias [filters]"],
    source: "As torch.nn.Conv2d.")

  public static let shapeFields = ["filters", "kernel", "stride", "padding", "dilation", "groups"]

  public init(from reader: inout ObjectReader) {
    let sizes = 1...LayerLimits.window
    filters = reader.integer(Conv2D.filtersField)
    _ = reader.requiredValue("kernel")
    kernel = reader.pair("kernel", in: sizes) ?? Pair(1, 1)
    stride = reader.pair("stride", in: sizes) ?? Pair(1, 1)
    dilation = reader.pair("dilation", in: sizes) ?? Pair(1, 1)
    padding = Conv2D.padding(&reader, kernel: kernel, stride: stride, dilation: dilation)
    groups = reader.integer(Conv2D.groupsField)
    if filters % groups != 0 {
      reader.fault("groups", "\(groups) groups don't divide \(filters) filters")
    }
    activation = reader.activation()
    if case .softmax = activation.kind {
      reader.fault(
        "activation",
        "softmax works on the last axis, which of [filters, H, W] is the width; "
          + "put an activation layer after flatten")
    }
    bias = reader.bool(CommonFields.bias)
    initializer = reader.initializer(
      CommonFields.initializer, default: .standard(before: activation))
    biasInitializer = reader.initializer(CommonFields.biasInitializer, default: .zeros)
  }

  private static func padding(
    _ reader: inout ObjectReader, kernel: Pair, stride: Pair, dilation: Pair
  ) -> Pair {
    guard let word = reader.value("padding")?.string else {
      return reader.pair("padding", in: 0...LayerLimits.window) ?? Pair(0, 0)
    }
    guard reader.string("padding", in: ["same", "valid"]) == "same" else { return Pair(0, 0) }
    let reach = Pair(dilation.height * (kernel.height - 1), dilation.width * (kernel.width - 1))
    if stride != Pair(1, 1) {
      reader.fault("padding", "\"\(word)\" needs stride 1, and the stride is \(stride)")
    } else if reach.height % 2 != 0 || reach.width % 2 != 0 {
      reader.fault(
        "padding",
        "\"\(word)\" needs an odd dilation (kernel - 1) + 1, and the kernel \(kernel) with dilation "
          + "\(dilation) covers \(Pair(reach.height + 1, reach.width + 1))")
    }
    return Pair(reach.height / 2, reach.width / 2)
  }

  public var configuration: [(String, JSON)] {
    [
      ("filters", .integer(filters)), ("kernel", kernel.json), ("stride", stride.json),
      ("padding", padding.json), ("dilation", dilation.json), ("groups", .integer(groups)),
      ("activation", activation.json), ("bias", .bool(bias)), ("initializer", initializer.json),
      ("bias_initializer", biasInitializer.json),
    ]
  }

  private var window: Window {
    Window(size: kernel, stride: stride, padding: padding, dilation: dilation)
  }

  public func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    let input = inputs[0]
    guard input.rank == 3 else {
      throw ShapeFault(
        "the input \(input) has \(input.rank) axes; conv2d needs the 3 of [C, H, W]",
        rule: "[C, H, W] -> [filters, H', W']")
    }
    guard input[0] % groups == 0 else {
      throw ShapeFault(
        field: "groups",
        "\(groups) groups don't divide the \(input[0]) channels of the input \(input); the weight "
          + "would be [\(filters), \(input[0])/\(groups), \(kernel.height), \(kernel.width)]",
        rule: "groups divides the input's channels")
    }
    return try window.output(of: input, channels: filters, field: "kernel")
  }

  public func parameters(of inputs: [Shape]) -> [LayerParameter] {
    let shape: Shape = [filters, inputs[0][0] / groups, kernel.height, kernel.width]
    var parameters = [LayerParameter("weight", shape, initializer)]
    if bias { parameters.append(LayerParameter("bias", [filters], biasInitializer)) }
    return parameters
  }

  public func forwardFlops(inputs: [Shape], output: Shape) -> Int {
    let taps = inputs[0][0] / groups * kernel.height * kernel.width
    return output.count * (2 * taps + (bias ? 1 : 0) + activation.flops)
  }

  public func forward(
    _ inputs: [Value], parameters: [Value], context: ForwardContext, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let y = try graph.conv2d(
      inputs[0], weight: parameters[0], bias: bias ? parameters[1] : nil,
      stride: (stride.height, stride.width), padding: (padding.height, padding.width),
      dilation: (dilation.height, dilation.width), groups: groups)
    return try activation.apply(to: y, in: &graph)
  }
}
