import Kernels
import Tensors

/// `y = (x - mean) / √(variance + ε) · w + b`, statistics over the channels of a group and their places.
///
/// Wu and He 2018, arXiv:1803.08494; with a group for each channel it's instance normalisation (Ulyanov
/// et al. 2016, arXiv:1607.08022). The auxiliary has means and then scales, `[2, N · groups]`.
struct GroupNorm: Primitive {
  let groups: Int
  let epsilon: Double

  static let rule = "[N, C, …] with weight and bias [C] -> [N, C, …]"

  var name: String { "group_norm" }
  var overwritableInputs: [Int] { [0] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...3)
    try TypeCheck.epsilon(epsilon)
    try TypeCheck.channels(inputs[0], parameters: Array(inputs.dropFirst()), rule: GroupNorm.rule)
    let shape = inputs[0].shape
    guard groups > 0, shape[1] % groups == 0 else {
      throw GraphError(
        .invalidSetting, "\(groups) groups don't divide the channels of \(shape)",
        rule: "groups divides the channels")
    }
    return inputs[0]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    TensorType([2, inputs[0].shape[0] * groups], inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    let parameters = NormalizationParameters(
      weight: context.inputs.count > 1 ? context.input(1).pointer : nil,
      bias: context.inputs.count > 2 ? context.input(2).pointer : nil,
      statistics: context.auxiliary?.pointer, epsilon: epsilon)
    context.emit(
      Kernels.groupNorm(
        context.element, ChannelGeometry(x.shape), groups: groups, parameters, x: x.pointer,
        y: y.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    var parts = [Value?](repeating: nil, count: context.inputs.count)
    guard let statistics = context.auxiliary else { return parts }
    let dx = try context.graph.apply(
      GroupNormGradient(forward: self),
      [context.cotangent, context.inputs[0], statistics] + context.inputs[1...].prefix(1))
    parts[0] = dx
    try context.parameterCotangents(of: dx, &parts, first: 1)
    return parts
  }

  /// Nothing but the gradient reads the statistics, and its derivative by `x` has their part.
  func auxiliaryCotangents(
    _ context: inout DerivativeContext
  ) throws(GraphError) -> [Value?] { context.inputs.map { _ in nil } }
}

/// The derivative of group normalisation by `x`, from `dy`, `x`, the groups' statistics and perhaps the weight.
///
/// As that of layer normalisation; the auxiliary has the derivatives by weight and bias, `[2, C]`.
struct GroupNormGradient: ChannelNormGradient {
  let forward: GroupNorm

  var name: String { "group_norm_gradient" }
  var overwritableInputs: [Int] { [0, 1] }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 3...4)
    _ = try forward.type(of: [inputs[1]] + inputs[3...])
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and input")
    return inputs[1]
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    inputs.count > 3 ? TensorType([2, inputs[1].shape[1]], inputs[1].element) : nil
  }

  func workspaceBytes(inputs: [TensorType], output: TensorType) -> Int {
    inputs.count > 3
      ? Kernels.groupNormWorkspaceBytes(ChannelGeometry(output.shape), groups: forward.groups) : 0
  }

  func lower(_ context: inout Lowering) {
    let (x, dx) = (context.input(1), context.output)
    let parameters = NormalizationParameters(
      weight: context.inputs.count > 3 ? context.input(3).pointer : nil,
      statistics: context.input(2).pointer, epsilon: forward.epsilon)
    let calls = Kernels.groupNormGradient(
      context.element, ChannelGeometry(x.shape), groups: forward.groups, parameters,
      dy: context.input(0).pointer, x: x.pointer, dx: dx.pointer,
      sums: context.auxiliary?.pointer, workspace: context.workspace)
    for call in calls { context.emit(call) }
  }

  func normal(_ graph: inout Graph, _ x: Value, _ statistics: Value) throws(GraphError) -> Value {
    try graph.apply(forward, [x])
  }

  func curvature(
    _ graph: inout Graph, _ x: Value, left: (Value, Value), right: (Value, Value)
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: x)
    let grouped: Shape = [shape[0], forward.groups, shape.count / shape[0] / forward.groups]
    let part = try graph.normalizationCurvature(
      graph.reshape(x, to: grouped),
      left: (graph.reshape(left.0, to: grouped), graph.reshape(left.1, to: grouped)),
      right: (graph.reshape(right.0, to: grouped), graph.reshape(right.1, to: grouped)),
      axes: [2], isCentred: true, epsilon: forward.epsilon)
    return try graph.reshape(part, to: shape)
  }
}

extension ChannelGeometry {
  /// Of a tensor `[N, C, …]`.
  init(_ shape: Shape) {
    self.init(
      images: shape[0], channels: shape[1], inner: shape.count / shape[0] / shape[1])
  }
}

extension TypeCheck {
  /// An input `[N, C, …]` with parameters `[C]`.
  static func channels(
    _ input: TensorType, parameters: [TensorType], named names: [String] = ["weight", "bias"],
    rule: String
  ) throws(GraphError) {
    try floats([input] + parameters)
    guard input.shape.rank >= 2 else {
      throw GraphError(
        .rankMismatch, "the input \(input.shape) has \(input.shape.rank) axes, not 2 or more",
        rule: rule)
    }
    for (parameter, what) in zip(parameters, names) where parameter.shape != [input.shape[1]] {
      throw GraphError(
        .shapeMismatch, "the \(what) \(parameter.shape) and the input \(input.shape) don't meet",
        rule: rule)
    }
  }
}

extension DerivativeContext {
  /// The cotangents of weight and bias, the inputs from `first` on, out of the auxiliary of `dx`.
  mutating func parameterCotangents(
    of dx: Value, _ parts: inout [Value?], first: Int
  ) throws(GraphError) {
    guard let sums = graph.auxiliary(of: dx) else { return }
    for index in first..<parts.count where isNeeded(index) {
      let part = try graph.slice(sums, axis: 0, index - first..<index - first + 1)
      parts[index] = try graph.reshape(part, to: type(of: inputs[index]).shape)
    }
  }
}

extension Graph {
  /// A number for each channel, `[C]`, as `[C, 1, …]`, which is broadcast to `shape`.
  mutating func channels(_ x: Value, of shape: Shape) throws(GraphError) -> Value {
    try reshape(x, to: Shape([shape[1]] + shape.dimensions.dropFirst(2).map { _ in 1 }))
  }

  /// The sum for each channel, `[C]`.
  mutating func channelSums(_ x: Value) throws(GraphError) -> Value {
    try sum(x, axes: [0] + Array((0..<shape(of: x).rank).dropFirst(2)))
  }

  /// Group normalisation: statistics over the channels of a group and their places, for each image.
  ///
  /// - Shapes: x `[N, C, …]`, weight and bias `[C]`, output `[N, C, …]`.
  public mutating func groupNorm(
    _ x: Value, groups: Int, weight: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5
  ) throws(GraphError) -> Value {
    let primitive = GroupNorm(groups: groups, epsilon: epsilon)
    let parameters = channelParameters(weight, bias, of: shape(of: x))
    return try apply(primitive, [x] + parameters)
  }

  /// Weight and bias, as far as there are any; a bias alone gets a weight of ones.
  mutating func channelParameters(_ weight: Value?, _ bias: Value?, of shape: Shape) -> [Value] {
    guard weight == nil, let bias else { return [weight, bias].compactMap { $0 } }
    let channels = shape.rank > 1 ? shape[1] : 1
    return [constant(1, shape: [channels]), bias]
  }

  /// Instance normalisation, which is group normalisation with a group for each channel.
  public mutating func instanceNorm(
    _ x: Value, weight: Value? = nil, bias: Value? = nil, epsilon: Double = 1e-5
  ) throws(GraphError) -> Value {
    let shape = shape(of: x)
    return try groupNorm(
      x, groups: shape.rank > 1 ? shape[1] : 1, weight: weight, bias: bias, epsilon: epsilon)
  }
}

extension GroupNorm {
  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int, Int)] = [
      ([2, 4, 3], 2, 2), ([1, 6, 2, 3], 3, 2), ([3, 6], 2, 2), ([2, 3, 1, 1], 1, 2),
      ([2, 6, 5], 1, 1), ([2, 3, 19], 3, 0), ([1, 1, 7], 1, 2), ([5, 8], 2, 0),
    ]
    let instances: [Shape] = [[2, 3, 4], [1, 1, 5], [2, 2, 3, 3], [1, 5, 17], [3, 1, 2, 1, 2]]
    return [
      PrimitiveEntry(
        "group_norm",
        cases: shapes.map { shape, groups, parameters in
          let rest = ["None, None", "b, None", "b, c"][parameters]
          return PrimitiveCase(
            GroupNorm(groups: groups, epsilon: 1e-5),
            [.init(shape)] + (0..<parameters).map { _ in .init([shape[1]]) },
            torch: "F.group_norm(a, \(groups), \(rest), 1e-5)")
        }),
      PrimitiveEntry("group_norm_gradient", isDerivativeOf: "group_norm"),
      PrimitiveEntry(
        "instance_norm", isComposed: true,
        cases: instances.map { shape in
          PrimitiveCase(
            "instance_norm", [.init(shape), .init([shape[1]]), .init([shape[1]])],
            torch: "F.instance_norm(a, weight=b, bias=c, eps=1e-5)"
          ) { (graph: inout Graph, values: [Value]) throws(GraphError) -> Value in
            try graph.instanceNorm(values[0], weight: values[1], bias: values[2])
          }
        }),
    ]
  }
}
