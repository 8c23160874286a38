import Kernels
import Tensors

/// `op(A) op(B)`, where `op` transposes or not.
struct MatrixProduct: Primitive {
  let transposeLeft: Bool
  let transposeRight: Bool

  static let rule = "[M, K] · [K, N] -> [M, N]"

  var name: String { "matmul" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 2, "the left matrix", rule: MatrixProduct.rule)
    try TypeCheck.rank(inputs[1], 2, "the right matrix", rule: MatrixProduct.rule)
    let (m, k) = MatrixProduct.extents(inputs[0].shape, transposed: transposeLeft)
    let (inner, n) = MatrixProduct.extents(inputs[1].shape, transposed: transposeRight)
    guard k == inner else {
      let left = transposeLeft ? " transposed" : ""
      let right = transposeRight ? " transposed" : ""
      throw GraphError(
        .shapeMismatch,
        "\(inputs[0].shape)\(left) and \(inputs[1].shape)\(right) don't meet: \(k) is not \(inner)",
        rule: MatrixProduct.rule)
    }
    return TensorType([m, n], inputs[0].element)
  }

  static func extents(_ shape: Shape, transposed: Bool) -> (Int, Int) {
    transposed ? (shape[1], shape[0]) : (shape[0], shape[1])
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    let (m, k) = MatrixProduct.extents(inputs[0].shape, transposed: transposeLeft)
    return Kernels.productWorkspaceBytes(
      m: m, n: output.shape[1], k: k, transposeB: transposeRight, output.element)
  }

  func lower(_ context: inout Lowering) {
    let (a, b, c) = (context.input(0), context.input(1), context.output)
    let (m, k) = MatrixProduct.extents(a.shape, transposed: transposeLeft)
    context.emit(
      Kernels.product(
        name, context.element, transposeA: transposeLeft, transposeB: transposeRight, m: m,
        n: c.shape[1], k: k, a: a.pointer, b: b.pointer, c: c.pointer,
        workspace: context.workspace))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (a, b, cotangent) = (context.inputs[0], context.inputs[1], context.cotangent)
    var parts: [Value?] = [nil, nil]
    if context.isNeeded(0) {
      parts[0] =
        transposeLeft
        ? try context.graph.matmul(
          b, cotangent, transposeLeft: transposeRight, transposeRight: true)
        : try context.graph.matmul(cotangent, b, transposeRight: !transposeRight)
    }
    if context.isNeeded(1) {
      parts[1] =
        transposeRight
        ? try context.graph.matmul(
          cotangent, a, transposeLeft: true, transposeRight: transposeLeft)
        : try context.graph.matmul(a, cotangent, transposeLeft: !transposeLeft)
    }
    return parts
  }
}

extension Graph {
  /// The matrix product.
  ///
  /// - Shapes: `[M, K] · [K, N] -> [M, N]`, after transposing.
  public mutating func matmul(
    _ a: Value, _ b: Value, transposeLeft: Bool = false, transposeRight: Bool = false
  ) throws(GraphError) -> Value {
    try apply(
      MatrixProduct(transposeLeft: transposeLeft, transposeRight: transposeRight), [a, b])
  }
}
