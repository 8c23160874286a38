import Kernels
import Tensors

/// The largest element of each window; the first of equals, and NaN where there is one.
///
/// The auxiliary holds, for each output, where in its image's channel the element lies (int32).
struct MaxPool2D: Primitive {
  let size: Window2D.Extent
  let window: Window2D

  static let rule = "[N, C, H, W] -> [N, C, H', W'], padding at most half the size"

  var name: String { "max_pool2d" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    try TypeCheck.rank(inputs[0], 4, "the input", rule: MaxPool2D.rule)
    let shape = inputs[0].shape
    let (height, width) = try window.output(
      height: shape[2], width: shape[3], size: (size.height, size.width))
    // A wider border would let a window lie in it as a whole, where nothing is the largest.
    guard window.padding.height <= size.height / 2, window.padding.width <= size.width / 2 else {
      throw GraphError(
        .invalidSetting, "the padding \(window.padding) is more than half the size \(size)",
        rule: MaxPool2D.rule)
    }
    guard shape[2] <= Int(Int32.max) / shape[3] else {
      throw GraphError(
        .tooLarge, "an image of [\(shape[2]), \(shape[3])]",
        rule: "a channel has at most \(Int32.max) elements")
    }
    return TensorType([shape[0], shape[1], height, width], inputs[0].element)
  }

  func auxiliaryType(of inputs: [TensorType]) -> TensorType? {
    let shape = inputs[0].shape
    guard
      let (height, width) = try? window.output(
        height: shape[2], width: shape[3], size: (size.height, size.width))
    else { return nil }
    return TensorType([shape[0], shape[1], height, width], .int32)
  }

  func lower(_ context: inout Lowering) {
    let (x, y) = (context.input(0), context.output)
    let channels = x.shape[1]
    let kernel: Shape = [channels, 1, size.height, size.width]
    context.emit(
      Kernels.maxPool(
        context.element, window.geometry(x.shape, kernel, y.shape, channels), x: x.pointer,
        y: y.pointer, indices: context.auxiliary?.pointer))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    guard let indices = context.auxiliary else { return [nil] }
    let input = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(
        MaxPool2DGradient(input: input, size: size, window: window), [context.cotangent, indices])
    ]
  }
}

/// The derivative of max pooling with respect to its input: each `dy` goes to where its element was.
struct MaxPool2DGradient: Primitive {
  let input: Shape
  let size: Window2D.Extent
  let window: Window2D

  var name: String { "max_pool2d_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 2...2)
    try TypeCheck.floats([inputs[0]])
    try TypeCheck.element(inputs[1], .int32)
    try TypeCheck.same(inputs[0], inputs[1], "cotangent and indices")
    return TensorType(input, inputs[0].element)
  }

  func lower(_ context: inout Lowering) {
    let dy = context.input(0)
    context.emit(
      Kernels.maxPoolGradient(
        context.element, dy: dy.pointer, indices: context.input(1).pointer,
        dx: context.output.pointer, planes: input[0] * input[1], inputs: input[2] * input[3],
        outputs: dy.shape[2] * dy.shape[3]))
  }
}

extension Graph {
  /// Max pooling over images, as `torch.nn.functional.max_pool2d`.
  ///
  /// - Shapes: `[N, C, H, W] -> [N, C, H', W']` with `H' = floor((H + 2p - size) / s) + 1`.
  public mutating func maxPool2d(
    _ x: Value, size: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)
  ) throws(GraphError) -> Value {
    try apply(
      MaxPool2D(
        size: Window2D.Extent(size),
        window: Window2D(stride: stride ?? size, padding: padding)), [x])
  }
}

extension MaxPool2D {
  static var entry: PrimitiveEntry {
    let cases: [(Shape, (Int, Int), (Int, Int), (Int, Int))] = [
      ([2, 3, 4, 6], (2, 2), (2, 2), (0, 0)), ([1, 2, 5, 5], (3, 3), (2, 2), (1, 1)),
      ([2, 1, 5, 6], (3, 2), (1, 1), (0, 1)), ([1, 1, 7, 3], (2, 3), (3, 1), (1, 0)),
    ]
    return PrimitiveEntry(
      "max_pool2d",
      cases: cases.map { shape, size, stride, padding in
        PrimitiveCase(
          MaxPool2D(size: .init(size), window: Window2D(stride: stride, padding: padding)),
          [.init(shape, .distinct)])
      })
  }
}

extension MaxPool2DGradient {
  static var entry: PrimitiveEntry {
    PrimitiveEntry("max_pool2d_gradient", isDerivativeOf: "max_pool2d")
  }
}
