import Kernels
import Tensors

/// `A x` or `Aᵀ x` for a sparse `A [M, N]`, or for several of one pattern, each with its share of the columns of `x`.
///
/// Unlike `SparseProduct` it is told where the entries of each row and each column are, so that each line of
/// the result is written once, in the order of its entries, by whichever thread.
///
/// Inputs: a pattern's values, then x `[N, heads · F]` (`[M, heads · F]` transposed), then the entries'
/// numbers `[E, heads]`; without them all are 1.
struct NeighborSum: Primitive {
  let isTransposed: Bool

  static let rule =
    "a pattern of [M, N], x [N, heads · F], values [E, heads] -> [M, heads · F]"
  static let indices = 5

  var name: String { "neighbor_sum" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 6...7)
    let (m, n) = try NeighborSum.extents(of: inputs)
    let x = inputs[5]
    try TypeCheck.floats(Array(inputs[5...]))
    try TypeCheck.rank(x, 2, "the dense matrix", rule: NeighborSum.rule)
    let (from, to) = isTransposed ? (m, n) : (n, m)
    guard x.shape[0] == from else {
      throw GraphError(
        .shapeMismatch, "the pattern of [\(m), \(n)] and \(x.shape) don't meet",
        rule: NeighborSum.rule)
    }
    if inputs.count == 7 {
      let values = inputs[6].shape
      try TypeCheck.rank(inputs[6], 2, "the values", rule: NeighborSum.rule)
      guard values[0] == inputs[0].shape[0], x.shape[1] % values[1] == 0 else {
        throw GraphError(
          .shapeMismatch,
          "values \(values) don't go with \(inputs[0].shape[0]) entries and rows of \(x.shape[1])",
          rule: NeighborSum.rule)
      }
    }
    return TensorType([to, x.shape[1]], x.element)
  }

  /// Rows and columns of a pattern's matrix.
  static func extents(of inputs: [TensorType]) throws(GraphError) -> (rows: Int, columns: Int) {
    for index in 0..<indices {
      try TypeCheck.element(inputs[index], .int32)
      try TypeCheck.rank(inputs[index], 1, "each of a pattern's arrays", rule: rule)
    }
    guard inputs[0].shape == inputs[1].shape, inputs[0].shape == inputs[4].shape,
      inputs[2].shape[0] > 1, inputs[3].shape[0] > 1
    else {
      throw GraphError(
        .shapeMismatch,
        "a pattern's arrays are \(inputs[..<indices].map(\.shape.description).joined(separator: ", "))",
        rule: "rows [E], columns [E], row offsets [M + 1], column offsets [N + 1], order [E]")
    }
    return (inputs[2].shape[0] - 1, inputs[3].shape[0] - 1)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(5), context.output)
    let values = context.inputs.count == 7 ? context.input(6) : nil
    let heads = values?.shape[1] ?? 1
    let lines =
      isTransposed
      ? SparseLines(
        offsets: context.input(3).pointer, order: context.input(4).pointer,
        ends: context.input(0).pointer, entries: context.input(0).count)
      : SparseLines(
        offsets: context.input(2).pointer, order: nil, ends: context.input(1).pointer,
        entries: context.input(0).count)
    context.emit(
      Kernels.neighborSum(
        context.element, lines: lines, values: values?.pointer, x: x.pointer, n: x.shape[0],
        y: y.pointer, m: y.shape[0], heads: heads, width: y.shape[1] / heads))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let pattern = Array(context.inputs[..<NeighborSum.indices])
    let (x, cotangent) = (context.inputs[5], context.cotangent)
    let values = Array(context.inputs[6...])
    var result = [Value?](repeating: nil, count: context.inputs.count)
    if context.isNeeded(5) {
      result[5] = try context.graph.apply(
        NeighborSum(isTransposed: !isTransposed), pattern + [cotangent] + values)
    }
    if let first = values.first, context.isNeeded(6) {
      let heads = context.type(of: first).shape[1]
      result[6] = try context.graph.apply(
        NeighborProduct(heads: heads),
        pattern + (isTransposed ? [x, cotangent] : [cotangent, x]))
    }
    return result
  }
}

/// For each entry of a pattern and each head, the product of the head's share of a row of `a` and one of `b`.
///
/// Inputs: a pattern's values, a `[M, heads · F]`, b `[N, heads · F]`; output `[E, heads]`.
struct NeighborProduct: Primitive {
  let heads: Int

  static let rule = "a pattern of [M, N], a [M, heads · F], b [N, heads · F] -> [E, heads]"

  var name: String { "neighbor_product" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 7...7)
    let (m, n) = try NeighborSum.extents(of: inputs)
    let (a, b) = (inputs[5], inputs[6])
    try TypeCheck.floats([a, b])
    try TypeCheck.rank(a, 2, "the left matrix", rule: NeighborProduct.rule)
    try TypeCheck.rank(b, 2, "the right matrix", rule: NeighborProduct.rule)
    guard a.shape[0] == m, b.shape[0] == n, a.shape[1] == b.shape[1], a.shape[1] % heads == 0 else {
      throw GraphError(
        .shapeMismatch,
        "a pattern of [\(m), \(n)], \(a.shape) and \(b.shape) don't meet for \(heads) heads",
        rule: NeighborProduct.rule)
    }
    return TensorType([inputs[0].shape[0], heads], a.element)
  }

  func lower(_ context: inout Lowering) {
    let (a, b) = (context.input(5), context.input(6))
    context.emit(
      Kernels.neighborProduct(
        context.element, rows: context.input(0).pointer, columns: context.input(1).pointer,
        entries: context.input(0).count, a: a.pointer, m: a.shape[0], b: b.pointer, n: b.shape[0],
        y: context.output.pointer, heads: heads, width: a.shape[1] / heads))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let pattern = Array(context.inputs[..<NeighborSum.indices])
    let (a, b, cotangent) = (context.inputs[5], context.inputs[6], context.cotangent)
    var result = [Value?](repeating: nil, count: 7)
    if context.isNeeded(5) {
      result[5] = try context.graph.apply(
        NeighborSum(isTransposed: false), pattern + [b, cotangent])
    }
    if context.isNeeded(6) {
      result[6] = try context.graph.apply(
        NeighborSum(isTransposed: true), pattern + [a, cotangent])
    }
    return result
  }
}

extension Graph {
  /// The sum over each row's entries of the columns' rows of `x`, such as what a vertex's neighbours send it.
  ///
  /// - Parameters:
  ///   - values: what each is multiplied by; 1 when left out.
  ///   - transposed: whether the matrix is transposed, so that sums are over each column's entries.
  /// - Shapes: pattern of `[M, N]`, x `[N, F]`, values `[E]`, or `[E, heads]` with `heads` dividing `F`; output
  ///   `[M, F]`.
  public mutating func neighborSum(
    _ pattern: SparsePattern, values: Value? = nil, transposed: Bool = false, _ x: Value
  ) throws(GraphError) -> Value {
    var inputs = pattern.values + [x]
    if var values {
      if shape(of: values).rank == 1 {
        values = try reshape(values, to: [shape(of: values)[0], 1])
      }
      inputs.append(values)
    }
    return try apply(NeighborSum(isTransposed: transposed), inputs)
  }

  /// For each entry, the product of its row of `a` and its column's row of `b`, a head apart from the other.
  ///
  /// - Shapes: pattern of `[M, N]`, a `[M, heads · F]`, b `[N, heads · F]`, output `[E, heads]`.
  public mutating func neighborProduct(
    _ pattern: SparsePattern, heads: Int = 1, _ a: Value, _ b: Value
  ) throws(GraphError) -> Value {
    try apply(NeighborProduct(heads: heads), pattern.values + [a, b])
  }
}

extension NeighborSum {
  /// Patterns with empty rows and columns, several entries of one place, and every width of the kernel.
  private static let patterns: [(rows: [Int32], columns: [Int32], m: Int, n: Int)] = [
    ([0, 0, 1, 3, 3], [1, 3, 0, 2, 2], 4, 4),
    ([0], [0], 1, 1),
    ([0, 1, 1, 1, 4, 4], [1, 0, 0, 1, 0, 1], 5, 2),
    ([2, 2, 2], [5, 0, 5], 3, 6),
    ([0, 1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0], 7, 7),
  ]
  private static let widths = [(1, 2), (1, 1), (2, 3), (3, 7), (1, 45)]

  static var entries: [PrimitiveEntry] {
    func lists(_ rows: [Int32], _ columns: [Int32]) -> (String, String) {
      ("torch.tensor(\(rows))", "torch.tensor(\(columns))")
    }
    var sums: [PrimitiveCase] = []
    var products: [PrimitiveCase] = []
    for (pattern, (heads, width)) in zip(patterns, widths) {
      let (rows, columns, m, n) = pattern
      let index = SparseIndex(rows: rows, columns: columns, rowCount: m, columnCount: n)
      let (at, from) = lists(rows, columns)
      let full = heads * width
      for transposed in [false, true] {
        let (to, lines) = transposed ? (from, n) : (at, m)
        let (of, others) = transposed ? (at, m) : (from, n)
        let shape = "(\(lines), \(heads), \(width))"
        let rowsOf = "a.reshape(\(others), \(heads), \(width))[\(of)]"
        sums.append(
          PrimitiveCase(
            "neighbor_sum", [.init([others, full]), .init([rows.count, heads])],
            torch:
              "torch.zeros(\(shape)).index_put((\(to),), b[:, :, None] * \(rowsOf), accumulate=True).reshape(\(lines), \(full))"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
            let pattern = graph.sparsePattern(index)
            return try graph.neighborSum(pattern, values: x[1], transposed: transposed, x[0])
          })
      }
      sums.append(
        PrimitiveCase(
          "neighbor_sum", [.init([n, full])],
          torch: "torch.zeros((\(m), \(full))).index_put((\(at),), a[\(from)], accumulate=True)"
        ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
          let pattern = graph.sparsePattern(index)
          return try graph.neighborSum(pattern, x[0])
        })
      products.append(
        PrimitiveCase(
          "neighbor_product", [.init([m, full]), .init([n, full])],
          torch:
            "(a[\(at)] * b[\(from)]).reshape(\(rows.count), \(heads), \(width)).sum(-1)"
        ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
          let pattern = graph.sparsePattern(index)
          return try graph.neighborProduct(pattern, heads: heads, x[0], x[1])
        })
    }
    return [
      PrimitiveEntry("neighbor_sum", cases: sums),
      PrimitiveEntry("neighbor_product", cases: products),
    ]
  }
}
