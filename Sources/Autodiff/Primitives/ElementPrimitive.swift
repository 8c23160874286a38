import Kernels
import Tensors

/// A primitive that treats each place alone, its inputs broadcast; plans join chains of them in one kernel.
protocol ElementPrimitive: Primitive {
  var program: ElementProgram { get }
}

extension ElementPrimitive {
  /// Each element of an input is read no later than that of the output is written.
  var overwritableInputs: [Int] { Array(0..<program.inputs) }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, program.inputs...program.inputs)
    try TypeCheck.floats(inputs)
    return TensorType(try TypeCheck.broadcast(inputs), inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    context.emit(
      Kernels.elements(
        program, name, context.element, inputs: context.inputs.map { ($0.pointer, $0.shape) },
        y: context.output.pointer, shape: context.output.shape))
  }
}

extension TypeCheck {
  /// The shape that all inputs are broadcast to.
  static func broadcast(_ inputs: [TensorType]) throws(GraphError) -> Shape {
    var shape = inputs[0].shape
    for input in inputs.dropFirst() {
      guard let common = shape.broadcast(with: input.shape) else {
        throw GraphError(
          .shapeMismatch, "\(shape) and \(input.shape) don't meet",
          rule: "counted from the last, axes are equal or one of them is 1")
      }
      shape = common
    }
    return shape
  }
}
