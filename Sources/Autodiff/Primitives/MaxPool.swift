import Kernels
import Tensors

/// The largest element of each window; the first of equals, and NaN where there is one.
///
/// The auxiliary holds, for each output, where in its channel the element lies (int32).
struct MaxPool: Primitive {
  let pooling: Pooling

  var name: String { pooling.name("max") }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    let output = try pooling.output(inputs)
    try MaxPool.checkIndices(inputs[0].shape)
    return output
  }

  /// Places in a channel fit what indices are.
  static func checkIndices(_ shape: Shape) throws(GraphError) {
    guard let count = shape.dropFirst(2).checkedCount, count <= Int(Int32.max) else {
      throw GraphError(
        .tooLarge, "a channel of \(shape.dropFirst(2))",
        rule: "a channel has at most \(Int32.max) elements")
    }
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    (try? pooling.output(inputs)).map { TensorType($0.shape, .int32) }
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    context.emit(
      Kernels.maxPool(
        name, context.element, pooling.geometry(x.shape, y.shape), x: x.pointer, y: y.pointer,
        indices: context.auxiliary?.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    guard let indices = context.auxiliary else { return [nil] }
    let input = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(MaxPoolGradient(input: input), [context.cotangent, indices])
    ]
  }
}

/// The derivative of max pooling by its input: each `dy` added to where its element was.
struct MaxPoolGradient: Primitive {
  let input: Shape

  var name: String { "max_pool_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and indices")
    return TensorType(input, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (dy, indices, dx) = (context.input(0), context.input(1), context.output)
    context.emit(
      Kernels.indexedPool(
        name, context.element, isGradient: true, x: dx.pointer, indices: indices.pointer,
        y: dy.pointer, planes: input[0] * input[1], inputs: input.dropFirst(2).count,
        outputs: dy.shape.dropFirst(2).count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.graph.apply(MaxPoolGather(), [context.cotangent, context.inputs[1]]), nil]
  }
}

/// The transpose of that: the elements that were the largest of their windows.
struct MaxPoolGather: Primitive {
  static let rule = "x [N, C, …] and int32 indices [N, C, …]"

  var name: String { "max_pool_gather" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    let (x, indices) = (inputs[0].shape, inputs[1].shape)
    guard x.rank > 2, indices.rank > 2, x.dimensions.prefix(2) == indices.dimensions.prefix(2)
    else {
      throw GraphError(
        .shapeMismatch, "\(x) and the indices \(indices) don't meet", rule: MaxPoolGather.rule)
    }
    return TensorType(indices, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let (x, indices, y) = (context.input(0), context.input(1), context.output)
    context.emit(
      Kernels.indexedPool(
        name, context.element, isGradient: false, x: x.pointer, indices: indices.pointer,
        y: y.pointer, planes: x.shape[0] * x.shape[1], inputs: x.shape.dropFirst(2).count,
        outputs: y.shape.dropFirst(2).count))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let input = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(
        MaxPoolGradient(input: input), [context.cotangent, context.inputs[1]]), nil,
    ]
  }
}

extension Graph {
  /// Max pooling over signals, as `torch.nn.functional.max_pool1d`.
  ///
  /// - Shapes: `[N, C, L] -> [N, C, L']` with `L' = floor((L + 2p - d (size - 1) - 1) / s) + 1`.
  /// - Parameter roundsUp: whether `L'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func maxPool1d(
    _ x: Value, size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1,
    roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let window = Window(
      stride: [stride ?? size], padding: [padding], dilation: [dilation], roundsUp: roundsUp)
    return try apply(MaxPool(pooling: .window([size], window)), [x])
  }

  /// Max pooling over images, as `torch.nn.functional.max_pool2d`.
  ///
  /// - Shapes: `[N, C, H, W] -> [N, C, H', W']` with
  ///   `H' = floor((H + 2p - d (size - 1) - 1) / s) + 1`.
  /// - Parameter roundsUp: whether `H'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func maxPool2d(
    _ x: Value, size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1), roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let stride = stride ?? size
    let window = Window(
      stride: [stride.0, stride.1], padding: [padding.0, padding.1],
      dilation: [dilation.0, dilation.1], roundsUp: roundsUp)
    return try apply(MaxPool(pooling: .window([size.0, size.1], window)), [x])
  }

  /// Max pooling over volumes, as `torch.nn.functional.max_pool3d`.
  ///
  /// - Shapes: `[N, C, D, H, W] -> [N, C, D', H', W']` with
  ///   `D' = floor((D + 2p - d (size - 1) - 1) / s) + 1`.
  /// - Parameter roundsUp: whether `D'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func maxPool3d(
    _ x: Value, size: (Int, Int, Int), stride: (Int, Int, Int)? = nil,
    padding: (Int, Int, Int) = (0, 0, 0), dilation: (Int, Int, Int) = (1, 1, 1),
    roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let stride = stride ?? size
    let window = Window(
      stride: [stride.0, stride.1, stride.2], padding: [padding.0, padding.1, padding.2],
      dilation: [dilation.0, dilation.1, dilation.2], roundsUp: roundsUp)
    return try apply(MaxPool(pooling: .window([size.0, size.1, size.2], window)), [x])
  }

  /// Max pooling to a given number of windows, as `torch.nn.functional.adaptive_max_pool1d`, `2d`
  /// and `3d`.
  ///
  /// Place `i` of `O` along an axis of `L` elements is over
  /// `floor(i L / O) ..< ceil((i + 1) L / O)`.
  ///
  /// - Shapes: `[N, C, L…] -> [N, C, O…]`, one to three axes.
  public mutating func adaptiveMaxPool(
    _ x: Value, output: [Int]
  ) throws(GraphError) -> Value {
    try apply(MaxPool(pooling: adaptive(output, "adaptive_max_pool")), [x])
  }

  /// Adaptive pooling over as many axes as there are kernels for.
  func adaptive(_ output: [Int], _ operation: String) throws(GraphError) -> Pooling {
    guard (1...3).contains(output.count) else {
      throw GraphError(
        .rankMismatch, "the output's extents \(output) are \(output.count)",
        rule: "pooling is over 1 to 3 axes", operation: operation, scope: scope)
    }
    return .adaptive(output)
  }
}

extension MaxPool {
  /// With windows whose elements lie apart.
  private static let dilated: [[PoolingCase]] = [
    [.init([1, 2, 9], [3], stride: [2], padding: [1], dilation: [2])],
    [.init([1, 2, 7, 6], [3, 2], stride: [1, 2], padding: [1, 1], dilation: [2, 3])],
    [
      .init(
        [1, 1, 4, 5, 3], [2, 3, 2], stride: [1, 1, 1], padding: [1, 0, 1], dilation: [2, 2, 1])
    ],
  ]

  static var entries: [PrimitiveEntry] {
    let windows = (1...3).map { axes in
      let name = "max_pool\(axes)d"
      return PrimitiveEntry(
        name,
        cases: (PoolingCase.all[axes - 1] + dilated[axes - 1]).map { used in
          PrimitiveCase(
            MaxPool(pooling: used.pooling), [.init(used.shape, .distinct)],
            torch: "F.\(name)(a, \(used.settings), dilation=\(used.window.dilation.tuple))")
        })
    }
    let adaptive = (1...3).map { axes in
      let name = "adaptive_max_pool\(axes)d"
      return PrimitiveEntry(
        name,
        cases: PoolingCase.adaptive[axes - 1].map { shape, output in
          PrimitiveCase(
            MaxPool(pooling: .adaptive(output)), [.init(shape, .distinct)],
            torch: "F.\(name)(a, \(output.tuple))")
        })
    }
    return windows + adaptive
  }
}

extension MaxPoolGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry("max_pool_gradient", isDerivativeOf: "max_pool2d")
  }
}

extension MaxPoolGather {
  static var entry: PrimitiveEntry {
    let shapes: [(Shape, Shape)] = [
      ([2, 3, 6], [2, 3, 2]), ([1, 2, 3, 4], [1, 2, 2, 3]), ([2, 1, 1, 1], [2, 1, 3, 1]),
      ([1, 2, 2, 3, 2], [1, 2, 1, 2, 2]), ([3, 1, 5], [3, 1, 7]),
    ]
    return PrimitiveEntry(
      "max_pool_gather",
      cases: shapes.map { shape, indices in
        PrimitiveCase(
          MaxPoolGather(), [.init(shape), .init(indices, .classes(shape.dropFirst(2).count))],
          torch: "torch.gather(a.flatten(2), 2, b.long().flatten(2)).reshape(b.shape)")
      })
  }
}
