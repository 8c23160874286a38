import Kernels
import Tensors

/// `y = (x - mean) / √(variance + ε) · w + b` over the last axes, or `y = x / √(mean x² + ε) · w`.
///
/// Ba, Kiros and Hinton 2016, arXiv:1607.06450; Zhang and Sennrich 2019, arXiv:1910.07467. The auxiliary
/// has the rows' means and then their scales, `[2, rows]`.
struct LayerNorm: Primitive {
  /// Whether the mean is taken away; if not, this is root-mean-square normalisation.
  let isCentred: Bool
  /// How many axes there are in a row, the last ones.
  let axes: Int
  let epsilon: Double

  static let rule = "[…, D] with weight and bias [D] -> […, D], D one axis or more"

  var name: String { isCentred ? "layer_norm" : "rms_norm" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...(isCentred ? 3 : 2))
    try TypeCheck.floats(inputs)
    try TypeCheck.epsilon(epsilon)
    let shape = inputs[0].shape
    guard axes >= 1, axes <= shape.rank else {
      throw GraphError(
        .rankMismatch, "the input \(shape) has no \(axes) last axes", rule: LayerNorm.rule)
    }
    for (parameter, what) in zip(inputs.dropFirst(), ["weight", "bias"]) {
      guard parameter.shape == row(of: shape) else {
        throw GraphError(
          .shapeMismatch, "the \(what) \(parameter.shape) and the input \(shape) don't meet",
          rule: LayerNorm.rule)
      }
    }
    return inputs[0]
  }

  func row(of shape: Shape) -> Shape { Shape(Array(shape.dimensions.suffix(max(0, axes)))) }
  func rows(of shape: Shape) -> Int { shape.dimensions.dropLast(axes).reduce(1, *) }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    TensorType([2, rows(of: inputs[0].shape)], inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    let rows = rows(of: x.shape)
    let parameters = NormalizationParameters(
      weight: context.inputs.count > 1 ? context.input(1).pointer : nil,
      bias: context.inputs.count > 2 ? context.input(2).pointer : nil,
      statistics: context.auxiliary?.pointer, epsilon: epsilon)
    context.emit(
      Kernels.layerNorm(
        context.element, isCentred: isCentred, parameters, x: x.pointer, y: y.pointer, rows: rows,
        width: x.count / rows))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    guard let statistics = context.auxiliary else { return parts }
    let gradient = LayerNormGradient(forward: self)
    let dx = try context.graph.apply(
      gradient, [context.cotangent, context.inputs[0], statistics] + context.inputs[1...].prefix(1))
    parts[0] = dx
    try context.parameterCotangents(of: dx, &parts, first: 1)
    return parts
  }

  /// Nothing but the gradient reads the statistics, and its derivative by `x` has their part.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] { context.inputs.map { _ in nil } }
}

/// The derivative of layer normalisation by `x`, from `dy`, `x`, the rows' statistics and perhaps the weight.
///
/// `dx = r (g - mean g - z mean(g z))` with `g = dy w`, where `z` is `x` normalised and `r` the row's scale;
/// without the first mean when not centred. The auxiliary has the derivatives by weight and bias.
struct LayerNormGradient: Primitive {
  let forward: LayerNorm

  var name: String { "\(forward.name)_gradient" }
  var overwritableInputs: [Int] { [0, 1] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 3...4)
    _ = try forward.type(of: [inputs[1]] + inputs[3...])
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and input")
    return inputs[1]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    guard inputs.count > 3 else { return nil }
    return TensorType([forward.isCentred ? 2 : 1, inputs[3].shape.count], inputs[0].element)
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    let rows = forward.rows(of: output.shape)
    return inputs.count > 3
      ? Kernels.layerNormWorkspaceBytes(
        isCentred: forward.isCentred, rows: rows, width: output.shape.count / rows) : 0
  }

  func lower(_ context: inout Lowering) {
    let (x, dx) = (context.input(1), context.output)
    let rows = forward.rows(of: x.shape)
    let parameters = NormalizationParameters(
      weight: context.inputs.count > 3 ? context.input(3).pointer : nil,
      statistics: context.input(2).pointer, epsilon: forward.epsilon)
    let calls = Kernels.layerNormGradient(
      context.element, isCentred: forward.isCentred, parameters, dy: context.input(0).pointer,
      x: x.pointer, dx: dx.pointer, sums: context.auxiliary?.pointer, rows: rows,
      width: x.count / rows, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  /// The statistics are functions of `x`: the derivative by `x` has their part.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (dy, x, statistics) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let weight = context.inputs.count > 3 ? context.inputs[3] : nil
    // The derivative of normalising is symmetric.
    let plain = try context.graph.apply(self, [context.cotangent, x, statistics])
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    let weighted = try context.graph.multiply(dy, by: weight)
    parts[0] = try context.graph.multiply(plain, by: weight)
    if parts.count > 3 { parts[3] = try context.graph.multiply(plain, dy) }
    if context.isNeeded(1) {
      let rank = context.type(of: x).shape.rank
      parts[1] = try context.graph.normalizationCurvature(
        x, left: (context.cotangent, plain), right: (weighted, context.output),
        axes: Array(rank - forward.axes..<rank), isCentred: forward.isCentred,
        epsilon: forward.epsilon)
    }
    return parts
  }

  /// From `c` and `d`, the cotangents of `Σ dy z` and of `Σ dy`.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] {
    let (dy, x, statistics) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let shape = forward.row(of: context.type(of: x).shape)
    let sums = try context.graph.normalizationSums(context.cotangent, shape: shape)
    let normal = try context.graph.apply(forward, [x])
    var forCotangent = try context.graph.multiply(normal, sums[0])
    if sums.count > 1 { forCotangent = try context.graph.add(forCotangent, sums[1]) }
    return [
      forCotangent,
      context.isNeeded(1) ? try context.graph.apply(self, [dy, x, statistics, sums[0]]) : nil,
      nil, nil,
    ]
  }
}

extension TypeCheck {
  /// What is added to a variance, so that it can be divided by.
  static func epsilon(_ epsilon: Double) throws(GraphError) {
    guard epsilon >= 0, epsilon.isFinite else {
      throw GraphError(
        .invalidSetting, "epsilon is \(epsilon)", rule: "it is at least 0 and finite")
    }
  }
}

extension Graph {
  /// `x` or `x` times the factor that there may be.
  mutating func multiply(_ x: Value, by factor: Value?) throws(GraphError) -> Value {
    if let factor { return try multiply(x, factor) }
    return x
  }

  /// The rows of `[n, count]`, each of the given shape.
  mutating func normalizationSums(_ x: Value, shape: Shape) throws(GraphError) -> [Value] {
    var rows: [Value] = []
    for row in 0..<self.shape(of: x)[0] {
      rows.append(try reshape(slice(x, axis: 0, row..<row + 1), to: shape))
    }
    return rows
  }

  /// The derivative by `x` of `a · J b`, where `J` is that of normalising over some axes.
  ///
  /// `J = r (I - 11ᵀ/m - z zᵀ/m)` with the scale `r` and the normalised `z`, without the ones when not
  /// centred, so that with `Q = a·b - Σa Σb / m - (a·z)(b·z) / m` the derivative is
  /// `-(r² Q z + r (b·z) J a + r (a·z) J b) / m`.
  ///
  /// - Parameters:
  ///   - left: `a` and `J a`.
  ///   - right: `b` and `J b`.
  mutating func normalizationCurvature(
    _ x: Value, left: (Value, Value), right: (Value, Value), axes: [Int], isCentred: Bool,
    epsilon: Double
  ) throws(GraphError) -> Value {
    let shape = shape(of: x)
    let share = 1 / Double(axes.reduce(1) { $0 * shape[$1] })
    let centred = isCentred ? try subtract(x, mean(x, axes: axes, keepsAxes: true)) : x
    let variance = try mean(square(centred), axes: axes, keepsAxes: true)
    let scale = try rsqrt(offset(variance, by: epsilon))
    let normal = try multiply(centred, scale)
    let leftPart = try sum(multiply(left.0, normal), axes: axes, keepsAxes: true)
    let rightPart = try sum(multiply(right.0, normal), axes: axes, keepsAxes: true)
    var product = try sum(multiply(left.0, right.0), axes: axes, keepsAxes: true)
    product = try subtract(product, self.scale(multiply(leftPart, rightPart), by: share))
    if isCentred {
      let sums = try multiply(
        sum(left.0, axes: axes, keepsAxes: true), sum(right.0, axes: axes, keepsAxes: true))
      product = try subtract(product, self.scale(sums, by: share))
    }
    let first = try multiply(multiply(product, scale), normal)
    let second = try add(multiply(rightPart, left.1), multiply(leftPart, right.1))
    return try multiply(self.scale(scale, by: -share), add(first, second))
  }

  /// Layer normalisation over the last axes, those of the weight or the bias, or over the last one.
  ///
  /// - Shapes: x `[…, D]`, weight and bias `[D]`, output `[…, D]`; `D` may be several axes.
  public mutating func layerNorm(
    _ x: Value, weight: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5, axes: Int? = nil
  ) throws(GraphError) -> Value {
    let row = (weight ?? bias).map { shape(of: $0).rank }
    let primitive = LayerNorm(isCentred: true, axes: axes ?? row ?? 1, epsilon: epsilon)
    let factor =
      bias == nil ? weight : weight ?? constant(1, shape: primitive.row(of: shape(of: x)))
    return try apply(primitive, [x] + [factor, bias].compactMap { $0 })
  }
}

extension LayerNorm {
  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int, Int)] = [
      ([3, 5], 1, 2), ([2, 3, 4], 2, 2), ([1, 3], 1, 2), ([2, 3, 7], 1, 1), ([5, 33], 1, 2),
      ([4], 1, 0), ([7, 1, 4], 2, 2), ([2, 1, 3, 3], 3, 1),
    ]
    return [
      PrimitiveEntry(
        "layer_norm",
        cases: shapes.map { shape, axes, parameters in
          let primitive = LayerNorm(isCentred: true, axes: axes, epsilon: 1e-5)
          let row = primitive.row(of: shape)
          let rest = ["None, None", "b, None", "b, c"][parameters]
          return PrimitiveCase(
            primitive, [.init(shape)] + (0..<parameters).map { _ in .init(row) },
            torch: "F.layer_norm(a, \(row), \(rest), 1e-5)")
        }),
      PrimitiveEntry("layer_norm_gradient", isDerivativeOf: "layer_norm"),
    ]
  }
}
