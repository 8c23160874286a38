import Tensors

extension Graph {
  /// The mean over all axes but the first two.
  ///
  /// Lin, Chen and Yan 2013, "Network in network", section 3.2.
  ///
  /// - Shapes: `[N, C, …] -> [N, C]`, or `[N, C, 1…]` when axes are kept.
  public mutating func globalAveragePool(
    _ x: Value, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    try checkGlobalPool(x, "global_average_pool")
    return try mean(x, axes: Array(2..<shape(of: x).rank), keepsAxes: keepsAxes)
  }

  /// The largest element over all axes but the first two, as of one window.
  ///
  /// - Shapes: `[N, C, …] -> [N, C]`, or `[N, C, 1…]` when axes are kept.
  public mutating func globalMaxPool(
    _ x: Value, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    try checkGlobalPool(x, "global_max_pool")
    let shape = shape(of: x)
    let places = shape.dropFirst(2)
    let rows = try reshape(x, to: [shape[0], shape[1], places.count])
    let y = try adaptiveMaxPool(rows, output: [1])
    let ones = keepsAxes ? places.dimensions.map { _ in 1 } : []
    return try reshape(y, to: Shape([shape[0], shape[1]] + ones))
  }

  private func checkGlobalPool(_ x: Value, _ operation: String) throws(GraphError) {
    let type = type(of: x)
    do throws(GraphError) {
      try type.checkExtents()
      try TypeCheck.floats([type])
      guard type.shape.rank > 2 else {
        throw GraphError(
          .rankMismatch, "the input \(type.shape) has \(type.shape.rank) axes",
          rule: "[N, C, …] -> [N, C], at least 3 axes")
      }
    } catch {
      throw error.located(in: scope, operation: operation, shapes: [type.shape])
    }
  }
}

/// Pooling over all places.
enum GlobalPool {
  private static let shapes: [Shape] = [
    [2, 3, 5], [2, 3, 4, 6], [1, 2, 3, 2, 3], [1, 1, 1, 1], [3, 1, 1, 7],
  ]

  static var entries: [PrimitiveEntry] {
    [
      PrimitiveEntry(
        "global_average_pool", isComposed: true,
        cases: shapes.flatMap { shape in
          [false, true].map { keeps in
            PrimitiveCase(
              "global_average_pool", [.init(shape)], torch: torch("mean", shape, keeps)
            ) { (graph: inout Graph, values: [Value]) throws(GraphError) -> Value in
              try graph.globalAveragePool(values[0], keepsAxes: keeps)
            }
          }
        }),
      PrimitiveEntry(
        "global_max_pool", isComposed: true,
        cases: shapes.flatMap { shape in
          [false, true].map { keeps in
            PrimitiveCase(
              "global_max_pool", [.init(shape, .distinct)], torch: torch("amax", shape, keeps)
            ) { (graph: inout Graph, values: [Value]) throws(GraphError) -> Value in
              try graph.globalMaxPool(values[0], keepsAxes: keeps)
            }
          }
        }),
    ]
  }

  private static func torch(_ function: String, _ shape: Shape, _ keeps: Bool) -> String {
    let axes = Array(2..<shape.rank)
    return "torch.\(function)(a, dim=\(axes.tuple), keepdim=\(keeps ? "True" : "False"))"
  }
}
