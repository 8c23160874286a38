import Kernels
import Tensors

/// The squared distance of each two rows: `x [N, D] -> [N, N]`, `Σ_d (x_id - x_jd)²`.
///
/// Made of differences, so that near rows lose no digits to their norms.
struct PairDistances: Primitive {
  static let rule = "x [N, D] -> [N, N]"

  var name: String { "pair_distances" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 2, "the input", rule: PairDistances.rule)
    let rows = inputs[0].shape[0]
    return TensorType([rows, rows], inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.pairDistances(
        context.element, x: x.pointer, y: context.output.pointer, rows: x.shape[0],
        width: x.shape[1]))
  }

  /// With `s = c + cᵀ`, `dx_i = 2 Σ_j s_ij (x_i - x_j)`.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (x, cotangent) = (context.inputs[0], context.cotangent)
    let both = try context.graph.add(
      cotangent, context.graph.transpose(cotangent, axes: [1, 0]))
    let sums = try context.graph.sum(both, axes: [1], keepsAxes: true)
    let difference = try context.graph.subtract(
      context.graph.multiply(x, sums), context.graph.matmul(both, x))
    return [try context.graph.scale(difference, by: 2)]
  }
}

/// The mean cost of the triplets of a batch, from the distances of its examples.
///
/// `max(0, margin + d[a, p] - d[a, n])`, or softplus of the same, for anchors `a`, positives `p` of their
/// class and negatives `n` of another: Hermans et al. 2017, arXiv:1703.07737. 0 where there are none. The
/// auxiliary is the derivative by the distances.
struct Triplets: Primitive {
  let settings: Kernels.TripletSettings

  static let rule = "distances [N, N], same class [N, N]"

  var name: String { "triplets" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 2, "the distances", rule: Triplets.rule)
    try TypeCheck.same(inputs[0], inputs[1], "distances and the mask of one class")
    let shape = inputs[0].shape
    guard shape[0] == shape[1] else {
      throw GraphError(
        .shapeMismatch, "the distances \(shape) aren't square", rule: Triplets.rule)
    }
    guard settings.margin.isFinite else {
      throw GraphError(
        .invalidSetting, "the margin is \(settings.margin)", rule: "it is finite")
    }
    return TensorType([], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? { inputs[0] }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    Kernels.tripletWorkspaceBytes(rows: inputs[0].shape[0])
  }

  func lower(_ context: inout Lowering) {
    let distances = context.input(0)
    let calls = Kernels.triplets(
      context.element, settings, distances: distances.pointer, same: context.input(1).pointer,
      slopes: context.auxiliary?.pointer, y: context.output.pointer, rows: distances.shape[0],
      workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.scaledAuxiliary(), nil]
  }
}

extension Graph {
  /// The squared distance of each two rows.
  ///
  /// - Shapes: `x [N, D]`, output `[N, N]`.
  public mutating func pairDistances(_ x: Value) throws(GraphError) -> Value {
    try apply(PairDistances(), [x])
  }

  /// The mean cost of the triplets of a batch.
  ///
  /// - Shapes: distances `[N, N]`; same class `[N, N]`, 1 where both are of one, else 0; loss `[]`.
  /// - Parameters:
  ///   - isHard: each anchor's farthest positive and nearest negative alone, and not the mean over all
  ///     triplets that cost something.
  ///   - isSoft: softplus in the place of `max(0, …)`.
  public mutating func triplets(
    _ distances: Value, sameClass: Value, margin: Double, isHard: Bool, isSoft: Bool = false
  ) throws(GraphError) -> Value {
    try apply(
      Triplets(settings: .init(isHard: isHard, isSoft: isSoft, margin: margin)),
      [distances, sameClass])
  }
}

extension PairDistances {
  static var entry: PrimitiveEntry {
    let shapes: [Shape] = [[4, 3], [1, 2], [5, 1], [7, 33], [2, 16]]
    return PrimitiveEntry(
      "pair_distances",
      cases: shapes.map {
        PrimitiveCase(
          PairDistances(), [.init($0)], torch: "((a[:, None] - a[None]) ** 2).sum(-1)")
      })
  }
}

extension Triplets {
  static var entry: PrimitiveEntry {
    let settings: [(Int, Bool, Bool, Double)] = [
      (6, true, false, 0.2), (6, false, false, 0.2), (5, true, true, 0), (5, false, true, 0.5),
      (9, false, false, 0.05), (9, true, false, 1), (33, false, false, 0.3),
    ]
    return PrimitiveEntry(
      "triplets", order: .first,
      cases: settings.map { rows, isHard, isSoft, margin in
        PrimitiveCase(
          Triplets(settings: .init(isHard: isHard, isSoft: isSoft, margin: margin)),
          [.init([rows, rows], .positive), .init([rows, rows], .mask)],
          torch: "triplets(a, b, hard=\(isHard ? "True" : "False"), "
            + "soft=\(isSoft ? "True" : "False"), margin=\(margin))")
      })
  }
}
