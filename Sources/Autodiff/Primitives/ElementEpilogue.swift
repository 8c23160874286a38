import Kernels
import Tensors

/// A primitive whose kernel can go on with its result, element by element, while that is at hand.
protocol EpilogueHost: Primitive {
  /// The shape that the kernel sees its output under, for inputs of the epilogue that are broadcast.
  func lower(_ context: inout Lowering, name: String, then epilogue: Kernels.Epilogue?)
}

extension EpilogueHost {
  func lower(_ context: inout Lowering) { lower(&context, name: name, then: nil) }
}

/// A product or convolution and the element primitives after it in one, made by a plan.
struct ElementEpilogue: Primitive {
  let host: any EpilogueHost
  let hostInputs: Int
  /// The first input is the host's result.
  let program: ElementProgram
  let name: String

  static func == (left: ElementEpilogue, right: ElementEpilogue) -> Bool {
    left.name == right.name && left.hostInputs == right.hostInputs
      && left.program == right.program && AnyHashable(left.host) == AnyHashable(right.host)
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(AnyHashable(host))
    hasher.combine(program)
  }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try host.type(of: Array(inputs.prefix(hostInputs)))
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    host.workspaceBytes(inputs: Array(inputs.prefix(hostInputs)), output: output)
  }

  func lower(_ context: inout Lowering) {
    let epilogue = Kernels.Epilogue(
      program, inputs: context.inputs.dropFirst(hostInputs).map { ($0.pointer, $0.shape) })
    var own = context.keeping(inputs: hostInputs)
    host.lower(&own, name: name, then: epilogue)
    for call in own.calls { context.emit(call) }
  }
}
