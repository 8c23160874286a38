import Kernels
import Tensors

/// `y = x ⋆ w + b`, a correlation of signals, images or volumes with kernels, channels first.
struct Convolution: EpilogueHost {
  let window: Window
  let groups: Int

  static let rule = "[N, C, …] ⋆ [filters, C/groups, …] + [filters] -> [N, filters, …]"

  var name: String { "conv\(window.axes)d" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...3)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], window.axes + 2, "the input", rule: Convolution.rule)
    try TypeCheck.rank(inputs[1], window.axes + 2, "the kernel", rule: Convolution.rule)
    let (x, kernel) = (inputs[0].shape, inputs[1].shape)
    guard groups > 0, x[1] % groups == 0, kernel[0] % groups == 0 else {
      throw GraphError(
        .invalidSetting,
        "\(groups) groups don't divide the channels of \(x) and the filters of \(kernel)",
        rule: "groups divides both channels and filters")
    }
    guard x[1] / groups == kernel[1] else {
      throw GraphError(
        .shapeMismatch,
        "the input \(x) in \(groups) groups and the kernel \(kernel) don't meet: "
          + "\(x[1] / groups) is not \(kernel[1])",
        rule: Convolution.rule)
    }
    if inputs.count == 3 {
      guard inputs[2].shape == [kernel[0]] else {
        throw GraphError(
          .shapeMismatch, "the bias \(inputs[2].shape) doesn't fit the kernel \(kernel)",
          rule: Convolution.rule)
      }
    }
    let size = window.extents(of: kernel)
    let output = try window.output(window.extents(of: x), size: size)
    try checkWork(x, kernel, output)
    return TensorType(Shape([x[0], kernel[0]] + output), inputs[0].element)
  }

  /// Matrices that BLAS can be told of, and work that can be counted.
  private func checkWork(_ x: Shape, _ kernel: Shape, _ output: [Int]) throws(GraphError) {
    let filter = kernel.dimensions.dropFirst()
    for (what, factors) in [("positions", output), ("elements of a filter", Array(filter))] {
      guard let count = Shape(factors).checkedCount, count <= Int(Int32.max) else {
        throw GraphError(
          .tooLarge, "the input \(x) and the kernel \(kernel) have too many \(what)",
          rule: "there are at most \(Int32.max) \(what)")
      }
    }
    try GraphError.check(work: [x[0]] + kernel.dimensions + output)
    try GraphError.check(work: [x[1]] + window.extents(of: kernel) + output)
  }

  func geometry(_ x: Shape, _ kernel: Shape, _ y: Shape) -> ConvolutionGeometry {
    ConvolutionGeometry(
      input: x, kernel: kernel, groups: groups,
      window: window.geometry(
        window.extents(of: x), size: window.extents(of: kernel), output: window.extents(of: y)))
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionWorkspaceBytes(
      geometry(inputs[0].shape, inputs[1].shape, output.shape), output.element)
  }

  func lower(_ context: inout Lowering, name: String, then epilogue: Kernels.Epilogue?) {
    let (x, kernel, y) = (context.input(0), context.input(1), context.output)
    let calls = Kernels.convolution(
      name, context.element, geometry(x.shape, kernel.shape, y.shape), x: x.pointer,
      kernel: kernel.pointer, bias: context.inputs.count == 3 ? context.input(2).pointer : nil,
      y: y.pointer, shape: y.shape, then: epilogue, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (x, kernel, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let (shape, kernelShape) = (context.type(of: x).shape, context.type(of: kernel).shape)
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    if context.isNeeded(1) {
      parts[1] = try context.graph.apply(
        ConvolutionKernelGradient(forward: self, kernel: kernelShape), [cotangent, x])
    }
    if parts.count == 3, context.isNeeded(2) {
      parts[2] = try context.graph.sum(cotangent, axes: [0] + (2..<shape.rank))
    }
    if context.isNeeded(0) {
      parts[0] = try context.graph.apply(
        ConvolutionInputGradient(forward: self, input: shape), [cotangent, kernel])
    }
    return parts
  }
}

extension Graph {
  /// A convolution over signals, as `torch.nn.functional.conv1d`.
  ///
  /// - Shapes: x `[N, C, L]`, weight `[filters, C/groups, k]`, bias `[filters]`,
  ///   output `[N, filters, L']` with `L' = floor((L + 2p - d (k - 1) - 1) / s) + 1`.
  public mutating func conv1d(
    _ x: Value, weight: Value, bias: Value? = nil, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1
  ) throws(GraphError) -> Value {
    try convolution(
      Window(stride: [stride], padding: [padding], dilation: [dilation]), groups, x, weight, bias)
  }

  /// A convolution over images, as `torch.nn.functional.conv2d`.
  ///
  /// - Shapes: x `[N, C, H, W]`, weight `[filters, C/groups, kh, kw]`, bias `[filters]`,
  ///   output `[N, filters, H', W']` with `H' = floor((H + 2p - d (kh - 1) - 1) / s) + 1`.
  public mutating func conv2d(
    _ x: Value, weight: Value, bias: Value? = nil, stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1
  ) throws(GraphError) -> Value {
    try convolution(
      Window(
        stride: [stride.0, stride.1], padding: [padding.0, padding.1],
        dilation: [dilation.0, dilation.1]), groups, x, weight, bias)
  }

  /// A convolution over volumes, as `torch.nn.functional.conv3d`.
  ///
  /// - Shapes: x `[N, C, D, H, W]`, weight `[filters, C/groups, kd, kh, kw]`, bias `[filters]`,
  ///   output `[N, filters, D', H', W']` with `D' = floor((D + 2p - d (kd - 1) - 1) / s) + 1`.
  public mutating func conv3d(
    _ x: Value, weight: Value, bias: Value? = nil, stride: (Int, Int, Int) = (1, 1, 1),
    padding: (Int, Int, Int) = (0, 0, 0), dilation: (Int, Int, Int) = (1, 1, 1), groups: Int = 1
  ) throws(GraphError) -> Value {
    try convolution(
      Window(
        stride: [stride.0, stride.1, stride.2], padding: [padding.0, padding.1, padding.2],
        dilation: [dilation.0, dilation.1, dilation.2]), groups, x, weight, bias)
  }

  private mutating func convolution(
    _ window: Window, _ groups: Int, _ x: Value, _ weight: Value, _ bias: Value?
  ) throws(GraphError) -> Value {
    try apply(
      Convolution(window: window, groups: groups), [x, weight] + (bias.map { [$0] } ?? []))
  }
}

/// A convolution's shapes and settings.
struct ConvolutionCase {
  let input: Shape
  let kernel: Shape
  let forward: Convolution

  init(
    _ input: Shape, _ kernel: Shape, stride: [Int], padding: [Int]? = nil, dilation: [Int]? = nil,
    groups: Int = 1
  ) {
    self.input = input
    self.kernel = kernel
    forward = Convolution(
      window: Window(stride: stride, padding: padding, dilation: dilation), groups: groups)
  }

  var output: Shape {
    let types = [TensorType(input, .float64), TensorType(kernel, .float64)]
    return (try? forward.type(of: types))?.shape ?? []
  }

  /// As PyTorch's functions have them.
  var settings: String {
    let window = forward.window
    return "stride=\(window.stride.tuple), padding=\(window.padding.tuple), "
      + "dilation=\(window.dilation.tuple), groups=\(forward.groups)"
  }

  static let all: [[ConvolutionCase]] = [
    [
      .init([2, 3, 6], [4, 3, 3], stride: [1]),
      .init([1, 2, 7], [3, 2, 2], stride: [2], padding: [1]),
      .init([2, 4, 9], [6, 2, 3], stride: [1], padding: [2], dilation: [2], groups: 2),
      .init([1, 3, 5], [3, 1, 4], stride: [3], padding: [1], groups: 3),
      .init([3, 2, 1], [5, 2, 1], stride: [1]),
    ],
    [
      .init([2, 3, 5, 6], [4, 3, 3, 3], stride: [1, 1]),
      .init([2, 3, 5, 6], [4, 3, 3, 3], stride: [1, 1], padding: [1, 1]),
      .init([1, 2, 7, 6], [3, 2, 3, 2], stride: [2, 1], padding: [1, 0]),
      .init(
        [2, 4, 6, 5], [6, 2, 3, 3], stride: [1, 1], padding: [2, 2], dilation: [2, 2], groups: 2),
      .init([1, 3, 6, 6], [3, 1, 2, 2], stride: [2, 2], groups: 3),
      .init([3, 2, 4, 4], [5, 2, 1, 1], stride: [1, 1]),
      .init([1, 1, 4, 5], [2, 1, 4, 5], stride: [3, 3], padding: [2, 1]),
      .init([2, 2, 5, 5], [2, 2, 2, 2], stride: [2, 3], padding: [1, 1], dilation: [1, 2]),
    ],
    [
      .init([2, 2, 3, 4, 3], [3, 2, 2, 3, 2], stride: [1, 1, 1]),
      .init([1, 2, 3, 3, 4], [2, 2, 3, 3, 3], stride: [1, 1, 1], padding: [1, 1, 1]),
      .init([1, 4, 3, 2, 5], [2, 2, 2, 1, 3], stride: [2, 1, 2], padding: [1, 0, 2], groups: 2),
      .init(
        [1, 2, 5, 3, 4], [2, 1, 2, 2, 2], stride: [1, 2, 1], padding: [0, 1, 0],
        dilation: [3, 2, 2], groups: 2),
      .init([2, 3, 1, 2, 3], [2, 3, 1, 1, 1], stride: [1, 1, 1]),
      .init([1, 1, 1, 1, 1], [2, 1, 3, 1, 3], stride: [1, 1, 1], padding: [1, 0, 1]),
    ],
  ]
}

extension Convolution {
  static var entries: [PrimitiveEntry] {
    ConvolutionCase.all.map { cases in
      let name = cases[0].forward.name
      return PrimitiveEntry(
        name,
        cases: cases.flatMap { used in
          let inputs = [PrimitiveCase.Input(used.input), .init(used.kernel)]
          return [
            PrimitiveCase(used.forward, inputs, torch: "F.\(name)(a, b, \(used.settings))"),
            PrimitiveCase(
              used.forward, inputs + [.init([used.kernel[0]])],
              torch: "F.\(name)(a, b, c, \(used.settings))"),
          ]
        })
    }
  }
}
