import Tensors

/// A transposed convolution: what a convolution's derivative does to its output.
///
/// Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", chapter 4.
private struct ConvolutionTranspose {
  let window: Window
  let outputPadding: [Int]
  let groups: Int

  static let rule = "[N, C, …] and [C, filters/groups, …] + [filters] -> [N, filters, …]"
  static let extentRule =
    "L' = (L - 1) stride - 2 padding + dilation (size - 1) + output padding + 1, at least 1"

  var name: String { "conv\(window.axes)d_transpose" }

  /// The output's last axes, by the shape rule.
  func output(_ x: TensorType, _ weight: TensorType, _ bias: TensorType?) throws(GraphError)
    -> [Int]
  {
    try TypeCheck.floats([x, weight] + (bias.map { [$0] } ?? []))
    try TypeCheck.rank(x, window.axes + 2, "the input", rule: ConvolutionTranspose.rule)
    try TypeCheck.rank(weight, window.axes + 2, "the kernel", rule: ConvolutionTranspose.rule)
    guard x.shape[1] == weight.shape[0] else {
      throw GraphError(
        .shapeMismatch,
        "the input \(x.shape) and the kernel \(weight.shape) don't meet: \(x.shape[1]) is not "
          + "\(weight.shape[0])", rule: ConvolutionTranspose.rule)
    }
    guard groups > 0, x.shape[1] % groups == 0 else {
      throw GraphError(
        .invalidSetting, "\(groups) groups don't divide the channels of \(x.shape)",
        rule: "groups divides the channels")
    }
    if let bias, bias.shape != [weight.shape[1] * groups] {
      throw GraphError(
        .shapeMismatch, "the bias \(bias.shape) doesn't fit the kernel \(weight.shape)",
        rule: ConvolutionTranspose.rule)
    }
    let size = window.extents(of: weight.shape)
    try window.check(size: size)
    let longest = zip(window.stride, window.dilation).map { Swift.max($0, $1) }
    guard outputPadding.count == window.axes,
      zip(outputPadding, longest).allSatisfy({ (0..<$1).contains($0) })
    else {
      throw GraphError(
        .invalidSetting, "the output padding is \(outputPadding)",
        rule: "it is less than the stride or the dilation")
    }
    let extents = window.extents(of: x.shape)
    var output: [Int] = []
    for axis in 0..<window.axes {
      let last = (extents[axis] - 1) * window.stride[axis] + outputPadding[axis]
      let reach = window.dilation[axis] * (size[axis] - 1)
      output.append(last + reach - 2 * window.padding[axis] + 1)
    }
    guard output.allSatisfy({ $0 >= 1 }) else {
      throw GraphError(
        .shapeMismatch, "the input \(x.shape) and the kernel \(weight.shape) make \(output)",
        rule: ConvolutionTranspose.extentRule)
    }
    return output
  }

  func apply(
    _ graph: inout Graph, _ x: Value, _ weight: Value, _ bias: Value?
  ) throws(GraphError) -> Value {
    let (type, kernel) = (graph.type(of: x), graph.type(of: weight))
    let values = [x, weight] + (bias.map { [$0] } ?? [])
    do throws(GraphError) {
      for value in values { try graph.type(of: value).checkExtents() }
      let output = try output(type, kernel, bias.map { graph.type(of: $0) })
      let filters = kernel.shape[1] * groups
      // Whole strides of output padding are places of an input that is 0.
      let after = zip(outputPadding, window.stride).map { $0 / $1 }
      let padded =
        after.allSatisfy { $0 == 0 }
        ? x : try graph.pad(x, before: [0, 0] + after.map { _ in 0 }, after: [0, 0] + after)
      let y = try graph.apply(
        ConvolutionInputGradient(
          forward: Convolution(window: window, groups: groups),
          input: Shape([type.shape[0], filters] + output)), [padded, weight])
      guard let bias else { return y }
      let places = [filters] + output.map { _ in 1 }
      return try graph.add(y, graph.reshape(bias, to: Shape(places)))
    } catch {
      var error = error
      error.operation = name
      error.shapes = values.map { graph.shape(of: $0) }
      throw error.located(in: graph.scope, operation: name, shapes: error.shapes)
    }
  }
}

extension Graph {
  /// A transposed convolution over signals, as `torch.nn.functional.conv_transpose1d`.
  ///
  /// - Shapes: x `[N, C, L]`, weight `[C, filters/groups, k]`, bias `[filters]`, output
  ///   `[N, filters, L']` with `L' = (L - 1) s - 2p + d (k - 1) + output padding + 1`.
  public mutating func conv1dTranspose(
    _ x: Value, weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1
  ) throws(GraphError) -> Value {
    let window = Window(stride: [stride], padding: [padding], dilation: [dilation])
    return try ConvolutionTranspose(
      window: window, outputPadding: [outputPadding], groups: groups
    ).apply(&self, x, weight, bias)
  }

  /// A transposed convolution over images, as `torch.nn.functional.conv_transpose2d`.
  ///
  /// - Shapes: x `[N, C, H, W]`, weight `[C, filters/groups, kh, kw]`, bias `[filters]`, output
  ///   `[N, filters, H', W']` with `H' = (H - 1) s - 2p + d (kh - 1) + output padding + 1`.
  public mutating func conv2dTranspose(
    _ x: Value, weight: Value, bias: Value? = nil, stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), outputPadding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1), groups: Int = 1
  ) throws(GraphError) -> Value {
    let window = Window(
      stride: [stride.0, stride.1], padding: [padding.0, padding.1],
      dilation: [dilation.0, dilation.1])
    return try ConvolutionTranspose(
      window: window, outputPadding: [outputPadding.0, outputPadding.1], groups: groups
    ).apply(&self, x, weight, bias)
  }

  /// A transposed convolution over volumes, as `torch.nn.functional.conv_transpose3d`.
  ///
  /// - Shapes: x `[N, C, D, H, W]`, weight `[C, filters/groups, kd, kh, kw]`, bias `[filters]`,
  ///   output `[N, filters, D', H', W']` with
  ///   `D' = (D - 1) s - 2p + d (kd - 1) + output padding + 1`.
  public mutating func conv3dTranspose(
    _ x: Value, weight: Value, bias: Value? = nil, stride: (Int, Int, Int) = (1, 1, 1),
    padding: (Int, Int, Int) = (0, 0, 0), outputPadding: (Int, Int, Int) = (0, 0, 0),
    dilation: (Int, Int, Int) = (1, 1, 1), groups: Int = 1
  ) throws(GraphError) -> Value {
    let window = Window(
      stride: [stride.0, stride.1, stride.2], padding: [padding.0, padding.1, padding.2],
      dilation: [dilation.0, dilation.1, dilation.2])
    return try ConvolutionTranspose(
      window: window, outputPadding: [outputPadding.0, outputPadding.1, outputPadding.2],
      groups: groups
    ).apply(&self, x, weight, bias)
  }
}

extension ConvolutionInputGradient {
  /// The operations that are made of this one.
  static var transposedEntries: [PrimitiveEntry] {
    let cases: [[(Shape, Shape, Window, [Int], Int)]] = [
      [
        ([2, 3, 4], [3, 2, 3], .init(stride: [1]), [0], 1),
        ([1, 2, 5], [2, 3, 4], .init(stride: [2], padding: [1]), [1], 1),
        ([2, 4, 3], [4, 3, 2], .init(stride: [3], padding: [1], dilation: [2]), [2], 2),
        ([1, 2, 4], [2, 1, 3], .init(stride: [1], padding: [1], dilation: [3]), [2], 2),
        ([3, 1, 1], [1, 1, 1], .init(stride: [1]), [0], 1),
      ],
      [
        ([2, 3, 3, 2], [3, 2, 3, 3], .init(stride: [1, 1]), [0, 0], 1),
        ([1, 2, 3, 4], [2, 3, 2, 3], .init(stride: [2, 1], padding: [1, 1]), [1, 0], 1),
        ([1, 4, 2, 3], [4, 2, 3, 2], .init(stride: [2, 3], padding: [1, 0]), [1, 2], 2),
        (
          [2, 2, 3, 3], [2, 1, 2, 3], .init(stride: [1, 2], padding: [0, 2], dilation: [3, 2]),
          [2, 1], 2
        ),
        ([2, 3, 1, 1], [3, 2, 1, 1], .init(stride: [1, 1]), [0, 0], 1),
        ([1, 2, 1, 3], [2, 1, 3, 1], .init(stride: [2, 2], dilation: [1, 3]), [0, 2], 1),
      ],
      [
        ([1, 2, 2, 3, 2], [2, 2, 2, 2, 3], .init(stride: [1, 1, 1]), [0, 0, 0], 1),
        (
          [1, 2, 2, 1, 3], [2, 2, 3, 2, 1], .init(stride: [2, 1, 2], padding: [1, 0, 0]),
          [1, 0, 1], 1
        ),
        (
          [2, 2, 2, 2, 1], [2, 1, 2, 3, 2], .init(stride: [1, 2, 3], padding: [0, 1, 0]),
          [0, 1, 2], 2
        ),
        (
          [1, 2, 2, 2, 2], [2, 1, 2, 1, 2],
          .init(stride: [1, 1, 2], padding: [1, 0, 1], dilation: [3, 2, 1]), [2, 1, 0], 1
        ),
        ([1, 1, 1, 1, 1], [1, 2, 1, 1, 1], .init(stride: [1, 1, 1]), [0, 0, 0], 1),
      ],
    ]
    return cases.enumerated().map { place, cases in
      let name = "conv\(place + 1)d_transpose"
      return PrimitiveEntry(
        name, isComposed: true,
        cases: cases.flatMap { x, weight, window, outputPadding, groups in
          let settings =
            "stride=\(window.stride.tuple), padding=\(window.padding.tuple), "
            + "output_padding=\(outputPadding.tuple), groups=\(groups), "
            + "dilation=\(window.dilation.tuple)"
          let transposed = ConvolutionTranspose(
            window: window, outputPadding: outputPadding, groups: groups)
          return [nil, "c"].map { bias in
            PrimitiveCase(
              name,
              [.init(x), .init(weight)] + (bias == nil ? [] : [.init([weight[1] * groups])]),
              torch: "F.conv_transpose\(place + 1)d(a, b, \(bias ?? "None"), \(settings))"
            ) { (graph: inout Graph, values: [Value]) throws(GraphError) -> Value in
              try transposed.apply(
                &graph, values[0], values[1], values.count == 3 ? values[2] : nil)
            }
          }
        })
    }
  }
}
