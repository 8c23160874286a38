import Kernels
import Tensors

/// One number of each row: `[…, W] -> […]`.
struct RowReduction: Primitive {
  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Where several are the largest, they share the derivative.
    case max
    case min
    /// `√Σ x²`; the derivative at 0 is 0.
    case norm
    /// `log Σ eˣ`, which never overflows.
    case logSumExp = "logsumexp"
  }

  let kind: Kind

  var name: String { kind.rawValue }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return TensorType(try TypeCheck.rows(inputs[0]), inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    let reduction: Kernels.Reduction =
      switch kind {
      case .max: .largest
      case .min: .smallest
      case .norm: .norm
      case .logSumExp: .logSumExp
      }
    context.emit(
      Kernels.reduceRows(
        reduction, name, context.element, x: x.pointer, y: context.output.pointer,
        rows: context.output.count, width: x.count / context.output.count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let x = context.inputs[0]
    let kept = Shape(context.type(of: context.output).shape.dimensions + [1])
    let y = try context.graph.reshape(context.output, to: kept)
    let dy = try context.graph.reshape(context.cotangent, to: kept)
    switch kind {
    case .max, .min:
      let isTaken = try context.graph.equal(x, y)
      let count = try context.graph.sum(isTaken, axes: [-1], keepsAxes: true)
      return [try context.graph.multiply(isTaken, context.graph.divide(dy, count))]
    case .norm:
      let zero = context.graph.scalar(0)
      let isZero = try context.graph.equal(y, zero)
      let inverse = try context.graph.reciprocal(
        context.graph.select(isZero, context.graph.scalar(1), y))
      let factor = try context.graph.multiply(
        dy, context.graph.select(isZero, zero, inverse))
      return [try context.graph.multiply(x, factor)]
    case .logSumExp:
      let share = try context.graph.exp(context.graph.subtract(x, y))
      return [try context.graph.multiply(share, dy)]
    }
  }
}

/// The place of the largest of each row, int32; the first of equals, or of NaN.
struct Argmax: Primitive {
  var name: String { "argmax" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    return TensorType(try TypeCheck.rows(inputs[0]), .int32)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.argmax(
        x.type.element, x: x.pointer, y: context.output.pointer, rows: context.output.count,
        width: x.count / context.output.count))
  }
}

extension TypeCheck {
  /// The shape without the last axis, of which there must be one.
  static func rows(_ input: TensorType) throws(GraphError) -> Shape {
    guard input.shape.rank > 0 else {
      throw GraphError(
        .rankMismatch, "the input \(input.shape) has no axis", rule: "[…, W] -> […]")
    }
    return Shape(Array(input.shape.dimensions.dropLast()))
  }
}

extension Graph {
  /// The largest over the given axes, or over all.
  public mutating func max(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value { try reduce(.max, x, axes, keepsAxes) }

  /// The smallest over the given axes, or over all.
  public mutating func min(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value { try reduce(.min, x, axes, keepsAxes) }

  /// `√Σ x²` over the given axes, or over all; added up in float64.
  public mutating func norm(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value { try reduce(.norm, x, axes, keepsAxes) }

  /// `log Σ eˣ` over the given axes, or over all.
  public mutating func logSumExp(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value { try reduce(.logSumExp, x, axes, keepsAxes) }

  private mutating func reduce(
    _ kind: RowReduction.Kind, _ x: Value, _ axes: [Int]?, _ keepsAxes: Bool
  ) throws(GraphError) -> Value {
    try overRows(kind.rawValue, x, axes: axes, keepsAxes: keepsAxes) {
      (graph: inout Graph, rows: Value) throws(GraphError) in
      try graph.apply(RowReduction(kind: kind), [rows])
    }
  }

  /// The place of the largest along an axis; int32, without that axis.
  public mutating func argmax(_ x: Value, axis: Int) throws(GraphError) -> Value {
    try overRows("argmax", x, axes: [axis], keepsAxes: false) {
      (graph: inout Graph, rows: Value) throws(GraphError) in try graph.apply(Argmax(), [rows])
    }
  }

  /// `Σ (x - mean)² / (n - correction)` over the given axes, or over all.
  public mutating func variance(
    _ x: Value, axes: [Int]? = nil, correction: Int = 0, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    let mean = try mean(x, axes: axes, keepsAxes: true)
    let count = shape(of: x).count / shape(of: mean).count
    guard correction >= 0, count > correction else {
      throw GraphError(
        .invalidSetting, "the variance of \(count) numbers with correction \(correction)",
        rule: "there are more numbers than the correction", operation: "variance", scope: scope,
        shapes: [shape(of: x)])
    }
    let square = try square(subtract(x, mean))
    let total = try sum(square, axes: axes, keepsAxes: keepsAxes)
    return try scale(total, by: 1 / Double(count - correction))
  }

  /// The product over the given axes, or over all: halves are multiplied until one is left.
  public mutating func product(
    _ x: Value, axes: [Int]? = nil, keepsAxes: Bool = false
  ) throws(GraphError) -> Value {
    try overRows("product", x, axes: axes, keepsAxes: keepsAxes) {
      (graph: inout Graph, rows: Value) throws(GraphError) in
      var left = rows
      var width = graph.shape(of: left).dimensions.last ?? 1
      while width > 1 {
        let half = width / 2
        let first = try graph.slice(left, axis: -1, 0..<half)
        let second = try graph.slice(left, axis: -1, half..<2 * half)
        let rest = width % 2 == 1 ? try graph.slice(left, axis: -1, 2 * half..<width) : nil
        left = try graph.multiply(first, second)
        if let rest { left = try graph.concatenate([left, rest], axis: -1) }
        width = half + width % 2
      }
      return try graph.reshape(left, to: Shape(graph.shape(of: rows).dimensions.dropLast()))
    }
  }

  /// Brings axes to the end as one, and lets `body` take that away.
  private mutating func overRows(
    _ operation: String, _ x: Value, axes: [Int]?, keepsAxes: Bool,
    _ body: (inout Graph, Value) throws(GraphError) -> Value
  ) throws(GraphError) -> Value {
    let shape = try checkedShape(of: x, operation)
    let chosen = try placed(axes, of: shape, operation)
    let others = (0..<shape.rank).filter { !chosen.contains($0) }
    let order = others + chosen
    let moved = order == Array(0..<shape.rank) ? x : try transpose(x, axes: order)
    let width = chosen.reduce(1) { $0 * shape[$1] }
    let rows = try reshape(moved, to: Shape(others.map { shape[$0] } + [width]))
    let reduced = try body(&self, rows)
    return try reshape(reduced, to: Sum.shape(shape, without: chosen, keepsAxes: keepsAxes))
  }
}

extension RowReduction {
  private static let axesCases: [(Shape, [Int])] = [
    ([3, 4], [1]), ([3, 4], [0]), ([2, 3, 4], [0, 2]), ([5], [0]), ([2, 1, 7], [1]),
    ([2, 3, 5], [0, 1, 2]), ([1], [0]), ([4, 33], [1]),
  ]

  private static func cases(
    _ name: String, _ torch: @escaping (String) -> String,
    _ numbers: PrimitiveCase.Numbers = .signed,
    _ build: @escaping @Sendable (inout Graph, Value, [Int]) throws(GraphError) -> Value
  ) -> [PrimitiveCase] {
    axesCases.map { shape, axes in
      let dims = "(\(axes.map(String.init).joined(separator: ", ")),)"
      return PrimitiveCase(name, [.init(shape, numbers)], torch: torch(dims)) {
        (graph: inout Graph, x: [Value]) throws(GraphError) in try build(&graph, x[0], axes)
      }
    }
  }

  static var entries: [PrimitiveEntry] {
    [
      PrimitiveEntry(
        "max",
        cases: cases("max", { "torch.amax(a, \($0))" }, .distinct) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.max(x, axes: axes)
        }),
      PrimitiveEntry(
        "min",
        cases: cases("min", { "torch.amin(a, \($0))" }, .distinct) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.min(x, axes: axes)
        }),
      PrimitiveEntry(
        "norm",
        cases: cases("norm", { "torch.linalg.vector_norm(a, dim=\($0))" }) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.norm(x, axes: axes)
        }),
      PrimitiveEntry(
        "logsumexp",
        cases: cases("logsumexp", { "torch.logsumexp(a, \($0))" }) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.logSumExp(x, axes: axes)
        }),
      PrimitiveEntry(
        "mean", isComposed: true,
        cases: cases("mean", { "torch.mean(a, \($0))" }) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.mean(x, axes: axes)
        }),
      PrimitiveEntry(
        "variance", isComposed: true,
        cases: cases("variance", { "torch.var(a, \($0), correction=0)" }) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.variance(x, axes: axes)
        }),
      PrimitiveEntry(
        "product", isComposed: true,
        cases: cases("product", { "prod(a, \($0))" }) {
          (graph: inout Graph, x: Value, axes: [Int]) throws(GraphError) in
          try graph.product(x, axes: axes)
        }),
      PrimitiveEntry(
        "argmax", isPiecewiseConstant: true,
        cases: ([([3, 4], 1), ([3, 4], 0), ([2, 3, 5], -1), ([7], 0), ([1, 1], 1)] as [(Shape, Int)])
          .map { shape, axis in
            PrimitiveCase(
              "argmax", [.init(shape, .distinct)], checked: [], torch: "torch.argmax(a, \(axis))"
            ) { (graph: inout Graph, x: [Value]) throws(GraphError) in
              try graph.argmax(x[0], axis: axis)
            }
          }),
    ]
  }
}
