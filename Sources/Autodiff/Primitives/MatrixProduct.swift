import Kernels
import Tensors

/// `op(A) op(B)` of matrices or of batches of them, where `op` transposes the last two axes or not.
struct MatrixProduct: EpilogueHost {
  let transposeLeft: Bool
  let transposeRight: Bool

  static let rule = "[…, M, K] · [K, N] or […, K, N] -> […, M, N]"

  var name: String { "matmul" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    for (input, what) in zip(inputs, ["the left matrix", "the right matrix"])
    where input.shape.rank < 2 {
      throw GraphError(
        .rankMismatch, "\(what) \(input.shape) has \(input.shape.rank) axes, not 2 or more",
        rule: MatrixProduct.rule)
    }
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
    let batches = (MatrixProduct.batch(inputs[0].shape), MatrixProduct.batch(inputs[1].shape))
    guard let batch = batches.0.broadcast(with: batches.1) else {
      throw GraphError(
        .shapeMismatch, "the batches of \(inputs[0].shape) and \(inputs[1].shape) don't meet",
        rule: "counted from the last, axes before the matrices are equal or one of them is 1")
    }
    return TensorType(Shape(batch.dimensions + [m, n]), inputs[0].element)
  }

  /// Rows and columns, after transposing.
  static func extents(_ shape: Shape, transposed: Bool) -> (Int, Int) {
    let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
    return transposed ? (columns, rows) : (rows, columns)
  }

  static func batch(_ shape: Shape) -> Shape { Shape(Array(shape.dimensions.dropLast(2))) }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    guard output.shape.rank == 2 else { return 0 }
    let (m, k) = MatrixProduct.extents(inputs[0].shape, transposed: transposeLeft)
    return Kernels.productWorkspaceBytes(
      m: m, n: output.shape[1], k: k, transposeB: transposeRight, output.element)
  }

  func lower(_ context: inout Lowering, name: String, then epilogue: Kernels.Epilogue?) {
    let (a, b, c) = (context.input(0), context.input(1), context.output)
    let (m, k) = MatrixProduct.extents(a.shape, transposed: transposeLeft)
    let n = c.shape[c.shape.rank - 1]
    if c.shape.rank == 2 {
      context.emit(
        Kernels.product(
          name, context.element, transposeA: transposeLeft, transposeB: transposeRight, m: m,
          n: n, k: k, a: a.pointer, b: b.pointer, c: c.pointer, then: epilogue,
          workspace: context.workspace))
      return
    }
    let batch = MatrixProduct.batch(c.shape)
    context.emit(
      Kernels.batchedProduct(
        name, context.element, transposeA: transposeLeft, transposeB: transposeRight, m: m, n: n,
        k: k, batch: batch,
        a: (a.pointer, MatrixProduct.batch(a.shape).strides(repeatedTo: batch)),
        b: (b.pointer, MatrixProduct.batch(b.shape).strides(repeatedTo: batch)), c: c.pointer,
        then: epilogue))
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
  /// The matrix product, of batches with NumPy's broadcasting of the axes before the last two.
  ///
  /// - Shapes: `[…, M, K] · […, K, N] -> […, M, N]`, after transposing.
  public mutating func matmul(
    _ a: Value, _ b: Value, transposeLeft: Bool = false, transposeRight: Bool = false
  ) throws(GraphError) -> Value {
    try apply(
      MatrixProduct(transposeLeft: transposeLeft, transposeRight: transposeRight), [a, b])
  }
}

extension MatrixProduct {
  static var entry: PrimitiveEntry {
    var cases: [PrimitiveCase] = []
    func add(_ a: Shape, _ b: Shape, _ left: Bool, _ right: Bool) {
      cases.append(
        PrimitiveCase(
          MatrixProduct(transposeLeft: left, transposeRight: right), [.init(a), .init(b)],
          torch: "torch.matmul(a\(left ? ".mT" : ""), b\(right ? ".mT" : ""))"))
    }
    for (m, k, n) in [(3, 4, 5), (1, 7, 1), (9, 1, 2), (17, 16, 19)] {
      for (left, right) in [(false, false), (false, true), (true, false), (true, true)] {
        add(left ? [k, m] : [m, k], right ? [n, k] : [k, n], left, right)
      }
    }
    let batches: [(Shape, Shape, Bool, Bool)] = [
      ([2, 3, 4], [2, 4, 5], false, false), ([2, 4, 3], [4, 5], true, false),
      ([3, 4], [2, 5, 4], false, true), ([2, 1, 3, 4], [5, 4, 2], false, false),
      ([1, 4, 3], [3, 5, 4], true, true), ([2, 2, 1, 1], [2, 1, 1, 3], false, false),
    ]
    for (a, b, left, right) in batches { add(a, b, left, right) }
    return PrimitiveEntry("matmul", cases: cases)
  }
}
