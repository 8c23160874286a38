import Kernels
import Tensors

/// `y = f(x ⋆ w + b)`, a correlation of images with kernels, channels first.
///
/// The plan puts the activation in; a graph has it as an operation of its own.
struct Convolution2D: Primitive {
  let window: Window2D
  let groups: Int
  var activation: ActivationKind = .identity

  static let rule = "[N, C, H, W] ⋆ [filters, C/groups, kh, kw] + [filters] -> [N, filters, H', W']"

  var name: String {
    activation == .identity ? "conv2d" : "conv2d_\(activation.primitiveName)"
  }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...3)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 4, "the input", rule: Convolution2D.rule)
    try TypeCheck.rank(inputs[1], 4, "the kernel", rule: Convolution2D.rule)
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
        rule: Convolution2D.rule)
    }
    if inputs.count == 3 {
      guard inputs[2].shape == [kernel[0]] else {
        throw GraphError(
          .shapeMismatch, "the bias \(inputs[2].shape) doesn't fit the kernel \(kernel)",
          rule: Convolution2D.rule)
      }
    }
    let (height, width) = try window.output(
      height: x[2], width: x[3], size: (kernel[2], kernel[3]))
    return TensorType([x[0], kernel[0], height, width], inputs[0].element)
  }

  func followed(by next: any Primitive) -> (any Primitive)? {
    guard activation == .identity, let next = next as? ActivationFunction else { return nil }
    return Convolution2D(window: window, groups: groups, activation: next.kind)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionWorkspaceBytes(
      window.geometry(inputs[0].shape, inputs[1].shape, output.shape, groups), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (x, kernel, y) = (context.input(0), context.input(1), context.output)
    context.emit(
      Kernels.convolution(
        name, context.element, window.geometry(x.shape, kernel.shape, y.shape, groups),
        x: x.pointer, kernel: kernel.pointer,
        bias: context.inputs.count == 3 ? context.input(2).pointer : nil, y: y.pointer,
        then: activation.kernel, workspace: context.workspace))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    guard activation == .identity else {
      throw GraphError(.notDifferentiable, "activations join only in a plan")
    }
    let (x, kernel, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let (shape, kernelShape) = (context.type(of: x).shape, context.type(of: kernel).shape)
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    if context.isNeeded(1) {
      parts[1] = try context.graph.apply(
        Convolution2DKernelGradient(window: window, groups: groups, kernel: kernelShape),
        [cotangent, x])
    }
    if parts.count == 3, context.isNeeded(2) {
      parts[2] = try context.graph.sum(cotangent, axes: [0, 2, 3])
    }
    if context.isNeeded(0) {
      parts[0] = try context.graph.apply(
        Convolution2DInputGradient(window: window, groups: groups, input: shape),
        [cotangent, kernel])
    }
    return parts
  }
}

/// The derivative of a convolution with respect to its input, from `dy` and the kernel.
struct Convolution2DInputGradient: Primitive {
  let window: Window2D
  let groups: Int
  let input: Shape

  var name: String { "conv2d_input_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    let element = inputs[0].element
    let forward = Convolution2D(window: window, groups: groups)
    let expected = try forward.type(of: [TensorType(input, element), inputs[1]])
    try TypeCheck.same(inputs[0], expected, "cotangent and output")
    return TensorType(input, element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionWorkspaceBytes(
      window.geometry(input, inputs[1].shape, inputs[0].shape, groups), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (dy, kernel) = (context.input(0), context.input(1))
    context.emit(
      Kernels.convolutionInputGradient(
        context.element, window.geometry(input, kernel.shape, dy.shape, groups), dy: dy.pointer,
        kernel: kernel.pointer, dx: context.output.pointer, workspace: context.workspace))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, kernel, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let shape = context.type(of: kernel).shape
    return [
      context.isNeeded(0)
        ? try context.graph.apply(
          Convolution2D(window: window, groups: groups), [cotangent, kernel]) : nil,
      context.isNeeded(1)
        ? try context.graph.apply(
          Convolution2DKernelGradient(window: window, groups: groups, kernel: shape),
          [dy, cotangent]) : nil,
    ]
  }
}

/// The derivative of a convolution with respect to its kernel, from `dy` and the input.
struct Convolution2DKernelGradient: Primitive {
  let window: Window2D
  let groups: Int
  let kernel: Shape

  var name: String { "conv2d_kernel_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    let element = inputs[0].element
    let forward = Convolution2D(window: window, groups: groups)
    let expected = try forward.type(of: [inputs[1], TensorType(kernel, element)])
    try TypeCheck.same(inputs[0], expected, "cotangent and output")
    return TensorType(kernel, element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionKernelWorkspaceBytes(
      window.geometry(inputs[1].shape, kernel, inputs[0].shape, groups), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (dy, x) = (context.input(0), context.input(1))
    let calls = Kernels.convolutionKernelGradient(
      context.element, window.geometry(x.shape, kernel, dy.shape, groups), dy: dy.pointer,
      x: x.pointer, dkernel: context.output.pointer, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, x, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let shape = context.type(of: x).shape
    return [
      context.isNeeded(0)
        ? try context.graph.apply(
          Convolution2D(window: window, groups: groups), [x, cotangent]) : nil,
      context.isNeeded(1)
        ? try context.graph.apply(
          Convolution2DInputGradient(window: window, groups: groups, input: shape),
          [dy, cotangent]) : nil,
    ]
  }
}

extension Graph {
  /// A convolution over images, as `torch.nn.functional.conv2d`.
  ///
  /// - Shapes: x `[N, C, H, W]`, weight `[filters, C/groups, kh, kw]`, bias `[filters]`,
  ///   output `[N, filters, H', W']` with `H' = floor((H + 2p - d (kh - 1) - 1) / s) + 1`.
  public mutating func conv2d(
    _ x: Value, weight: Value, bias: Value? = nil, stride: (Int, Int) = (1, 1),
    padding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1
  ) throws(GraphError) -> Value {
    let window = Window2D(stride: stride, padding: padding, dilation: dilation)
    return try apply(
      Convolution2D(window: window, groups: groups), [x, weight] + (bias.map { [$0] } ?? []))
  }
}

/// A convolution's shapes and settings.

private struct ConvolutionCase {
  var input: Shape
  var kernel: Shape
  var window: Window2D
  var groups = 1

  static let all: [ConvolutionCase] = [
    .init(input: [2, 3, 5, 6], kernel: [4, 3, 3, 3], window: .init(stride: (1, 1))),
    .init(
      input: [2, 3, 5, 6], kernel: [4, 3, 3, 3], window: .init(stride: (1, 1), padding: (1, 1))),
    .init(
      input: [1, 2, 7, 6], kernel: [3, 2, 3, 2], window: .init(stride: (2, 1), padding: (1, 0))),
    .init(
      input: [2, 4, 6, 5], kernel: [6, 2, 3, 3],
      window: .init(stride: (1, 1), padding: (2, 2), dilation: (2, 2)), groups: 2),
    .init(
      input: [1, 3, 6, 6], kernel: [3, 1, 2, 2], window: .init(stride: (2, 2)), groups: 3),
    .init(input: [3, 2, 4, 4], kernel: [5, 2, 1, 1], window: .init(stride: (1, 1))),
    .init(
      input: [1, 1, 4, 5], kernel: [2, 1, 4, 5], window: .init(stride: (3, 3), padding: (2, 1))),
    .init(
      input: [2, 2, 5, 5], kernel: [2, 2, 2, 2],
      window: .init(stride: (2, 3), padding: (1, 1), dilation: (1, 2))),
  ]

  var output: Shape {
    let types = [TensorType(input, .float64), TensorType(kernel, .float64)]
    let found = try? Convolution2D(window: window, groups: groups).type(of: types)
    return found?.shape ?? []
  }
}

extension Convolution2D {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d",
      cases: ConvolutionCase.all.flatMap { used in
        let primitive = Convolution2D(window: used.window, groups: used.groups)
        return [
          PrimitiveCase(primitive, [.init(used.input), .init(used.kernel)]),
          PrimitiveCase(
            primitive, [.init(used.input), .init(used.kernel), .init([used.kernel[0]])]),
        ]
      })
  }
}

extension Convolution2DInputGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d_input_gradient", isDerivativeOf: "conv2d",
      cases: ConvolutionCase.all.map { used in
        PrimitiveCase(
          Convolution2DInputGradient(
            window: used.window, groups: used.groups, input: used.input),
          [.init(used.output), .init(used.kernel)])
      })
  }
}

extension Convolution2DKernelGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry(
      "conv2d_kernel_gradient", isDerivativeOf: "conv2d",
      cases: ConvolutionCase.all.map { used in
        PrimitiveCase(
          Convolution2DKernelGradient(
            window: used.window, groups: used.groups, kernel: used.kernel),
          [.init(used.output), .init(used.input)])
      })
  }
}
