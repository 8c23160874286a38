import Kernels
import Tensors

/// The derivative of a convolution with respect to its input, from `dy` and the kernel; by itself,
/// a transposed convolution.
struct ConvolutionInputGradient: EpilogueHost {
  let forward: Convolution
  let input: Shape

  var name: String { "\(forward.name)_input_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    let element = inputs[0].element
    let expected = try forward.type(of: [TensorType(input, element), inputs[1]])
    try TypeCheck.same(inputs[0], expected, "cotangent and output")
    return TensorType(input, element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionInputWorkspaceBytes(
      forward.geometry(input, inputs[1].shape, inputs[0].shape), output.element)
  }

  func lower(_ context: inout Lowering, name: String, then epilogue: Kernels.Epilogue?) {
    let (dy, kernel, dx) = (context.input(0), context.input(1), context.output)
    let calls = Kernels.convolutionInputGradient(
      name, context.element, forward.geometry(input, kernel.shape, dy.shape), dy: dy.pointer,
      kernel: kernel.pointer, dx: dx.pointer, shape: dx.shape, then: epilogue,
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, kernel, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let shape = context.type(of: kernel).shape
    return [
      context.isNeeded(0) ? try context.graph.apply(forward, [cotangent, kernel]) : nil,
      context.isNeeded(1)
        ? try context.graph.apply(
          ConvolutionKernelGradient(forward: forward, kernel: shape), [dy, cotangent]) : nil,
    ]
  }
}

/// The derivative of a convolution with respect to its kernel, from `dy` and the input.
struct ConvolutionKernelGradient: Primitive {
  let forward: Convolution
  let kernel: Shape

  var name: String { "\(forward.name)_kernel_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    let element = inputs[0].element
    let expected = try forward.type(of: [inputs[1], TensorType(kernel, element)])
    try TypeCheck.same(inputs[0], expected, "cotangent and output")
    return TensorType(kernel, element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.convolutionKernelWorkspaceBytes(
      forward.geometry(inputs[1].shape, kernel, inputs[0].shape), output.element)
  }

  func lower(_ context: inout Lowering) {
    let (dy, x) = (context.input(0), context.input(1))
    let calls = Kernels.convolutionKernelGradient(
      name, context.element, forward.geometry(x.shape, kernel, dy.shape), dy: dy.pointer,
      x: x.pointer, dkernel: context.output.pointer, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, x, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    let shape = context.type(of: x).shape
    return [
      context.isNeeded(0) ? try context.graph.apply(forward, [x, cotangent]) : nil,
      context.isNeeded(1)
        ? try context.graph.apply(
          ConvolutionInputGradient(forward: forward, input: shape), [dy, cotangent]) : nil,
    ]
  }
}

extension ConvolutionInputGradient {
  static var entries: [PrimitiveEntry] {
    ConvolutionCase.all.map { cases in
      let forward = cases[0].forward.name
      return PrimitiveEntry(
        "\(forward)_input_gradient", isDerivativeOf: forward,
        cases: cases.map { used in
          PrimitiveCase(
            ConvolutionInputGradient(forward: used.forward, input: used.input),
            [.init(used.output), .init(used.kernel)],
            torch: "torch.nn.grad.\(forward)_input(\(used.input), b, a, \(used.settings))")
        })
    }
  }
}

extension ConvolutionKernelGradient {
  static var entries: [PrimitiveEntry] {
    ConvolutionCase.all.map { cases in
      let forward = cases[0].forward.name
      return PrimitiveEntry(
        "\(forward)_kernel_gradient", isDerivativeOf: forward,
        cases: cases.map { used in
          PrimitiveCase(
            ConvolutionKernelGradient(forward: used.forward, kernel: used.kernel),
            [.init(used.output), .init(used.input)],
            torch: "torch.nn.grad.\(forward)_weight(b, \(used.kernel), a, \(used.settings))")
        })
    }
  }
}
