import Kernels
import Tensors

/// `y = x Wᵀ + b`, with the weight laid out as PyTorch's `nn.Linear` has it.
struct Linear: EpilogueHost {
  static let rule = "[N, D] · [units, D]ᵀ + [units] -> [N, units]"

  var name: String { "linear" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...3)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 2, "the input", rule: Linear.rule)
    try TypeCheck.rank(inputs[1], 2, "the weight", rule: Linear.rule)
    let (x, weight) = (inputs[0].shape, inputs[1].shape)
    guard x[1] == weight[1] else {
      throw GraphError(
        .shapeMismatch,
        "the input \(x) and the weight \(weight) don't meet: \(x[1]) is not \(weight[1])",
        rule: Linear.rule)
    }
    if inputs.count == 3 {
      guard inputs[2].shape == [weight[0]] else {
        throw GraphError(
          .shapeMismatch, "the bias \(inputs[2].shape) doesn't fit the weight \(weight)",
          rule: Linear.rule)
      }
    }
    return TensorType([x[0], weight[0]], inputs[0].element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.productWorkspaceBytes(
      m: output.shape[0], n: output.shape[1], k: inputs[0].shape[1], transposeB: true,
      output.element)
  }

  func lower(_ context: inout Lowering, name: String, then epilogue: Kernels.Epilogue?) {
    let (x, weight, y) = (context.input(0), context.input(1), context.output)
    context.emit(
      Kernels.product(
        name, context.element, transposeB: true, m: y.shape[0], n: y.shape[1], k: x.shape[1],
        a: x.pointer, b: weight.pointer, c: y.pointer,
        bias: context.inputs.count == 3 ? context.input(2).pointer : nil,
        then: epilogue, workspace: context.workspace))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (x, weight, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    if context.isNeeded(1) {
      parts[1] = try context.graph.matmul(cotangent, x, transposeLeft: true)
    }
    if parts.count == 3, context.isNeeded(2) {
      parts[2] = try context.graph.sum(cotangent, axes: [0])
    }
    if context.isNeeded(0) { parts[0] = try context.graph.matmul(cotangent, weight) }
    return parts
  }
}

extension Graph {
  /// A fully connected layer, `x Wᵀ + b`.
  ///
  /// - Shapes: x `[…, D]`, weight `[units, D]`, bias `[units]`, output `[…, units]`.
  public mutating func linear(
    _ x: Value, weight: Value, bias: Value? = nil
  ) throws(GraphError) -> Value {
    let parameters = [weight] + (bias.map { [$0] } ?? [])
    let shape = shape(of: x)
    let features = shape.dimensions.last ?? 1
    guard shape.rank > 0, shape.rank != 2, features > 0, let count = shape.checkedCount else {
      return try apply(Linear(), [x] + parameters)
    }
    let rows = try reshape(x, to: [count / features, features])
    let y = try apply(Linear(), [rows] + parameters)
    return try reshape(y, to: Shape(shape.dimensions.dropLast() + [self.shape(of: y)[1]]))
  }
}

extension Linear {
  static var entry: PrimitiveEntry {
    let shapes = [(1, 1, 1), (5, 3, 4), (32, 13, 16), (2, 20, 3)]
    return PrimitiveEntry(
      "linear",
      cases: shapes.flatMap { rows, features, units in
        [
          PrimitiveCase(
            Linear(), [.init([rows, features]), .init([units, features]), .init([units])],
            torch: "F.linear(a, b, c)"),
          PrimitiveCase(
            Linear(), [.init([rows, features]), .init([units, features])],
            torch: "F.linear(a, b)"),
        ]
      })
  }
}
