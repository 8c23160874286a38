import Kernels
import Tensors

/// The mean of each window.
struct AveragePool: Primitive {
  let pooling: Pooling
  /// Whether the border counts as elements that are 0, or not at all.
  var countsPadding = false

  var name: String { pooling.name("average") }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try pooling.output(inputs)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    context.emit(
      Kernels.averagePool(
        name, context.element,
        pooling.geometry(x.shape, y.shape, countsPadding: countsPadding), isGradient: false,
        x: x.pointer, y: y.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let input = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(
        AveragePoolGradient(forward: self, input: input), [context.cotangent])
    ]
  }
}

/// The transpose of average pooling: each element, divided as its mean is, added to its window.
struct AveragePoolGradient: Primitive {
  let forward: AveragePool
  let input: Shape

  var name: String { "\(forward.name)_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.cotangent(inputs, of: input, through: forward)
  }

  func lower(_ context: inout Lowering) {
    let (dy, dx) = (context.input(0), context.output)
    context.emit(
      Kernels.averagePool(
        name, context.element,
        forward.pooling.geometry(input, dy.shape, countsPadding: forward.countsPadding),
        isGradient: true, x: dx.pointer, y: dy.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.graph.apply(forward, [context.cotangent])]
  }
}

extension Graph {
  /// Average pooling over signals, as `torch.nn.functional.avg_pool1d`.
  ///
  /// - Shapes: `[N, C, L] -> [N, C, L']` with `L' = floor((L + 2p - size) / s) + 1`.
  /// - Parameters:
  ///   - countsPadding: whether the border is averaged over as well, as 0.
  ///   - roundsUp: whether `L'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func averagePool1d(
    _ x: Value, size: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true,
    roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let window = Window(stride: [stride ?? size], padding: [padding], roundsUp: roundsUp)
    return try apply(
      AveragePool(pooling: .window([size], window), countsPadding: countsPadding), [x])
  }

  /// Average pooling over images, as `torch.nn.functional.avg_pool2d`.
  ///
  /// - Shapes: `[N, C, H, W] -> [N, C, H', W']` with `H' = floor((H + 2p - size) / s) + 1`.
  /// - Parameters:
  ///   - countsPadding: whether the border is averaged over as well, as 0.
  ///   - roundsUp: whether `H'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func averagePool2d(
    _ x: Value, size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
    countsPadding: Bool = true, roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let stride = stride ?? size
    let window = Window(
      stride: [stride.0, stride.1], padding: [padding.0, padding.1], roundsUp: roundsUp)
    return try apply(
      AveragePool(pooling: .window([size.0, size.1], window), countsPadding: countsPadding), [x])
  }

  /// Average pooling over volumes, as `torch.nn.functional.avg_pool3d`.
  ///
  /// - Shapes: `[N, C, D, H, W] -> [N, C, D', H', W']` with `D' = floor((D + 2p - size) / s) + 1`.
  /// - Parameters:
  ///   - countsPadding: whether the border is averaged over as well, as 0.
  ///   - roundsUp: whether `D'` is rounded up, as with PyTorch's `ceil_mode`.
  public mutating func averagePool3d(
    _ x: Value, size: (Int, Int, Int), stride: (Int, Int, Int)? = nil,
    padding: (Int, Int, Int) = (0, 0, 0), countsPadding: Bool = true, roundsUp: Bool = false
  ) throws(GraphError) -> Value {
    let stride = stride ?? size
    let window = Window(
      stride: [stride.0, stride.1, stride.2], padding: [padding.0, padding.1, padding.2],
      roundsUp: roundsUp)
    return try apply(
      AveragePool(
        pooling: .window([size.0, size.1, size.2], window), countsPadding: countsPadding), [x])
  }

  /// Average pooling to a given number of windows, as `torch.nn.functional.adaptive_avg_pool1d`,
  /// `2d` and `3d`.
  ///
  /// Place `i` of `O` along an axis of `L` elements is over
  /// `floor(i L / O) ..< ceil((i + 1) L / O)`.
  ///
  /// - Shapes: `[N, C, L…] -> [N, C, O…]`, one to three axes.
  public mutating func adaptiveAveragePool(
    _ x: Value, output: [Int]
  ) throws(GraphError) -> Value {
    try apply(AveragePool(pooling: adaptive(output, "adaptive_average_pool")), [x])
  }
}

extension AveragePool {
  /// PyTorch's name of a pooling operation of ours.
  private static func torch(_ name: String) -> String {
    "F.\(name.replacing("average", with: "avg"))"
  }

  private static func windows(_ axes: Int) -> [(mean: PrimitiveCase, gradient: PrimitiveCase)] {
    PoolingCase.all[axes - 1].enumerated().flatMap { place, used in
      // Without a border both are the same.
      (used.window.padding.contains { $0 > 0 } || place == 0 ? [true, false] : [true]).map {
        counts in
        let forward = AveragePool(pooling: used.pooling, countsPadding: counts)
        let settings = "\(used.settings), count_include_pad=\(counts ? "True" : "False")"
        return cases(forward, used.shape, settings: settings)
      }
    }
  }

  private static func cases(
    _ forward: AveragePool, _ shape: Shape, settings: String
  ) -> (mean: PrimitiveCase, gradient: PrimitiveCase) {
    let function = torch(forward.name)
    let output = (try? forward.type(of: [TensorType(shape, .float64)]))?.shape ?? []
    // The function is linear, so that its derivative anywhere is its transpose.
    let transpose =
      "torch.autograd.functional.vjp(lambda x: \(function)(x, \(settings)), torch.zeros(\(shape)), "
      + "a, create_graph=True)[1]"
    return (
      PrimitiveCase(forward, [.init(shape)], torch: "\(function)(a, \(settings))"),
      PrimitiveCase(
        AveragePoolGradient(forward: forward, input: shape), [.init(output)], torch: transpose)
    )
  }

  static var entries: [PrimitiveEntry] {
    let all = (1...3).flatMap { axes in
      [
        ("average_pool\(axes)d", windows(axes)),
        (
          "adaptive_average_pool\(axes)d",
          PoolingCase.adaptive[axes - 1].map { shape, output in
            cases(AveragePool(pooling: .adaptive(output)), shape, settings: output.tuple)
          }
        ),
      ]
    }
    return all.flatMap { name, cases in
      [
        PrimitiveEntry(name, cases: cases.map(\.mean)),
        PrimitiveEntry("\(name)_gradient", isDerivativeOf: name, cases: cases.map(\.gradient)),
      ]
    }
  }
}
