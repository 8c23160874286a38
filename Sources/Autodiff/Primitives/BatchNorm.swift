import Kernels
import Tensors

/// The mean and the biased variance of each channel over images and places, `[2, C]`.
///
/// In two passes over parts that stay in the cache, joined in double (Chan, Golub and LeVeque 1979).
struct ChannelMoments: Primitive {
  static let rule = "[N, C, …] -> [2, C]"

  var name: String { "channel_moments" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.channels(inputs[0], parameters: [], rule: ChannelMoments.rule)
    return TensorType([2, inputs[0].shape[1]], inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let x = context.input(0)
    context.emit(
      Kernels.channelMoments(
        context.element, ChannelGeometry(x.shape), x: x.pointer, y: context.output.pointer))
  }

  /// `(c + 2 d (x - mean)) / M` of the cotangents `c` and `d` of mean and variance.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let x = context.inputs[0]
    let shape = context.type(of: x).shape
    let sums = try context.graph.normalizationSums(context.cotangent, shape: [shape[1]])
    let moments = try context.graph.normalizationSums(context.output, shape: [shape[1]])
    let mean = try context.graph.channels(moments[0], of: shape)
    let share = Double(shape[1]) / Double(shape.count)
    let offset = try context.graph.channels(
      context.graph.scale(sums[0], by: share), of: shape)
    let slope = try context.graph.channels(
      context.graph.scale(sums[1], by: 2 * share), of: shape)
    let product = try context.graph.multiply(context.graph.subtract(x, mean), slope)
    return [try context.graph.add(product, offset)]
  }
}

/// `y = (x - mean) / √(variance + ε) · w + b`, with the statistics that `channel_moments` gives for `x`.
///
/// Ioffe and Szegedy 2015, arXiv:1502.03167. The statistics are an input, so that running ones can be
/// made of them, but as functions of `x`: the derivative by `x` has their part.
struct BatchNorm: Primitive {
  let epsilon: Double

  static let rule = "[N, C, …] with weight and bias [C] -> [N, C, …]"

  var name: String { "batch_norm" }
  var overwritableInputs: [Int] { [0] }

  /// `x`, moments, and perhaps weight and bias.
  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...4)
    try TypeCheck.epsilon(epsilon)
    try TypeCheck.channels(inputs[0], parameters: Array(inputs.dropFirst(2)), rule: BatchNorm.rule)
    let moments = TensorType([2, inputs[0].shape[1]], inputs[0].element)
    guard inputs[1] == moments else {
      throw GraphError(
        .shapeMismatch, "the moments \(inputs[1]) and the input \(inputs[0]) don't meet",
        rule: ChannelMoments.rule)
    }
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    let (x, moments, y) = (context.input(0), context.input(1), context.output)
    context.emit(
      Kernels.batchNorm(
        context.element, ChannelGeometry(x.shape), means: moments.pointer,
        variances: moments.pointer + moments.type.byteCount / 2,
        weight: context.inputs.count > 2 ? context.input(2).pointer : nil,
        bias: context.inputs.count > 3 ? context.input(3).pointer : nil, epsilon: epsilon,
        x: x.pointer, y: y.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    let dx = try context.graph.apply(
      BatchNormGradient(forward: self),
      [context.cotangent] + context.inputs.prefix(3))
    parts[0] = dx
    try context.parameterCotangents(of: dx, &parts, first: 2)
    return parts
  }
}

/// The derivative of batch normalisation by `x`, from `dy`, `x`, its moments and perhaps the weight.
///
/// As that of layer normalisation, over images and places; the auxiliary has the derivatives by weight
/// and bias, `[2, C]`.
struct BatchNormGradient: ChannelNormGradient {
  let forward: BatchNorm

  var name: String { "batch_norm_gradient" }
  var overwritableInputs: [Int] { [0, 1] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 3...4)
    _ = try forward.type(of: Array(inputs.dropFirst()))
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and input")
    return inputs[1]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    inputs.count > 3 ? inputs[2] : nil
  }

  func lower(_ context: inout Lowering) {
    let (x, moments) = (context.input(1), context.input(2))
    context.emit(
      Kernels.batchNormGradient(
        context.element, ChannelGeometry(x.shape), means: moments.pointer,
        variances: moments.pointer + moments.type.byteCount / 2,
        weight: context.inputs.count > 3 ? context.input(3).pointer : nil,
        epsilon: forward.epsilon, dy: context.input(0).pointer, x: x.pointer,
        dx: context.output.pointer, sums: context.auxiliary?.pointer))
  }

  func normal(_ graph: inout Graph, _ x: Value, _ statistics: Value) throws(GraphError) -> Value {
    try graph.apply(forward, [x, statistics])
  }

  func curvature(
    _ graph: inout Graph, _ x: Value, left: (Value, Value), right: (Value, Value)
  ) throws(GraphError) -> Value {
    try graph.normalizationCurvature(
      x, left: left, right: right, axes: [0] + Array(2..<max(2, graph.shape(of: x).rank)),
      isCentred: true, epsilon: forward.epsilon)
  }
}

/// `y = (x - mean) / √(variance + ε) · w + b`, with statistics that don't depend on `x`.
struct BatchNormInference: Primitive {
  let epsilon: Double

  static let rule = "[N, C, …] with mean, variance, weight and bias [C] -> [N, C, …]"

  var name: String { "batch_norm_inference" }
  var overwritableInputs: [Int] { [0] }

  /// `x`, mean, variance, and perhaps weight and bias.
  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 3...5)
    try TypeCheck.epsilon(epsilon)
    try TypeCheck.channels(
      inputs[0], parameters: Array(inputs.dropFirst()),
      named: ["mean", "variance", "weight", "bias"], rule: BatchNormInference.rule)
    return inputs[0]
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    context.emit(
      Kernels.batchNorm(
        context.element, ChannelGeometry(x.shape), means: context.input(1).pointer,
        variances: context.input(2).pointer,
        weight: context.inputs.count > 3 ? context.input(3).pointer : nil,
        bias: context.inputs.count > 4 ? context.input(4).pointer : nil, epsilon: epsilon,
        x: x.pointer, y: y.pointer))
  }

  /// With `r = 1 / √(variance + ε)` and `z = (x - mean) r`: `dx = dy w r`, `dmean = -Σ dx` and
  /// `dvariance = -½ r² Σ dy w z`.
  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let (inputs, dy) = (context.inputs, context.cotangent)
    let shape = context.type(of: inputs[0]).shape
    var parts = [Value?](repeating: nil, count: inputs.count)
    let scale = try context.graph.rsqrt(context.graph.offset(inputs[2], by: epsilon))
    let factor = try context.graph.multiply(scale, by: inputs.count > 3 ? inputs[3] : nil)
    if context.isNeeded(0) {
      parts[0] = try context.graph.multiply(dy, context.graph.channels(factor, of: shape))
    }
    let needsSum = context.isNeeded(1) || (inputs.count > 4 && context.isNeeded(4))
    if needsSum {
      let sum = try context.graph.channelSums(dy)
      parts[1] = try context.graph.negate(context.graph.multiply(sum, factor))
      if inputs.count > 4 { parts[4] = sum }
    }
    if context.isNeeded(2) || (inputs.count > 3 && context.isNeeded(3)) {
      let mean = try context.graph.channels(inputs[1], of: shape)
      let centred = try context.graph.subtract(inputs[0], mean)
      // Σ dy (x - mean).
      let sum = try context.graph.channelSums(context.graph.multiply(dy, centred))
      let forWeight = try context.graph.multiply(sum, scale)
      if inputs.count > 3 { parts[3] = forWeight }
      let slope = try context.graph.multiply(
        forWeight, context.graph.multiply(scale, factor))
      parts[2] = try context.graph.scale(slope, by: -0.5)
    }
    return parts
  }
}

extension Graph {
  /// Batch normalisation with the batch's own mean and variance.
  ///
  /// - Shapes: x `[N, C, …]`, weight and bias `[C]`, output `[N, C, …]`.
  /// - Returns: the output, and the batch's mean and biased variance, `[2, C]`.
  public mutating func batchNorm(
    _ x: Value, weight: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5
  ) throws(GraphError) -> (output: Value, moments: Value) {
    let moments = try channelMoments(x)
    let parameters = channelParameters(weight, bias, of: shape(of: x))
    return (try apply(BatchNorm(epsilon: epsilon), [x, moments] + parameters), moments)
  }

  /// Batch normalisation with a mean and a variance that are given.
  ///
  /// - Shapes: x `[N, C, …]`, mean, variance, weight and bias `[C]`, output `[N, C, …]`.
  public mutating func batchNorm(
    _ x: Value, mean: Value, variance: Value, weight: Value? = nil, bias: Value? = nil,
    epsilon: Double = 1e-5
  ) throws(GraphError) -> Value {
    let parameters = channelParameters(weight, bias, of: shape(of: x))
    return try apply(BatchNormInference(epsilon: epsilon), [x, mean, variance] + parameters)
  }

  /// The mean and the biased variance of each channel, `[N, C, …] -> [2, C]`.
  public mutating func channelMoments(_ x: Value) throws(GraphError) -> Value {
    try apply(ChannelMoments(), [x])
  }
}

extension BatchNorm {
  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int)] = [
      ([2, 4, 3], 2), ([5, 3], 2), ([1, 2, 2, 3], 2), ([3, 1, 5], 1), ([2, 3, 33], 2),
      ([7, 1], 0), ([2, 2, 3, 1, 2], 2), ([67, 2], 1),
    ]
    return [
      PrimitiveEntry(
        "channel_moments",
        cases: (shapes.map(\.0) + [[1, 3]]).map { shape in
          let axes = [0] + Array(2..<max(2, shape.rank))
          return PrimitiveCase(
            ChannelMoments(), [.init(shape)],
            torch: "torch.stack((a.mean(\(axes)), a.var(\(axes), correction=0)))")
        }),
      PrimitiveEntry(
        "batch_norm",
        cases: shapes.map { shape, parameters in
          let rest = ["None, None", "b, None", "b, c"][parameters]
          return PrimitiveCase(
            "batch_norm", [.init(shape)] + (0..<parameters).map { _ in .init([shape[1]]) },
            torch: "F.batch_norm(a, None, None, \(rest), True, 0.1, 1e-5)"
          ) { (graph: inout Graph, x: [Value]) throws(GraphError) -> Value in
            try graph.batchNorm(
              x[0], weight: parameters > 0 ? x[1] : nil, bias: parameters > 1 ? x[2] : nil
            ).output
          }
        }),
      PrimitiveEntry("batch_norm_gradient", isDerivativeOf: "batch_norm"),
      PrimitiveEntry(
        "batch_norm_inference",
        cases: (shapes + [([1, 3], 2)]).map { shape, parameters in
          // F.batch_norm has no derivative by the statistics.
          let ones = ([1, -1] + shape.dimensions.dropFirst(2).map { _ in 1 })
            .map(String.init).joined(separator: ", ")
          let normal = "(a - b.reshape(\(ones))) / torch.sqrt(c.reshape(\(ones)) + 1e-5)"
          let rest = ["", " * d.reshape(\(ones))", " * d.reshape(\(ones)) + e.reshape(\(ones))"]
          return PrimitiveCase(
            BatchNormInference(epsilon: 1e-5),
            [.init(shape), .init([shape[1]]), .init([shape[1]], .positive)]
              + (0..<parameters).map { _ in .init([shape[1]]) },
            torch: normal + rest[parameters])
        }),
    ]
  }
}
