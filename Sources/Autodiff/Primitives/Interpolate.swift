import Kernels
import Tensors

/// How the places between those of an axis are filled.
public enum Interpolation: Hashable, Sendable {
  /// By the place before.
  case nearest
  /// By both neighbours, each the more the nearer it is.
  ///
  /// With aligned corners the first and last places of both axes lie on each other; else the places are the
  /// middles of cells, and the edges of both axes do.
  case linear(alignsCorners: Bool)
}

/// An axis with more or fewer places, filled from those it had.
struct Interpolate: Primitive {
  /// Counted from the front.
  let axis: Int
  /// How many places the axis gets for each it has; rounded down as a whole.
  let scale: Double
  let mode: Interpolation

  static let rule = "output = floor(input scale), at least 1, with a scale from 2^-20 to 2^20"

  var name: String { "interpolate" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.count(inputs, 1...1)
    try TypeCheck.floats(inputs)
    _ = try TypeCheck.axes([axis], of: inputs[0].shape)
    var dimensions = inputs[0].shape.dimensions
    dimensions[axis] = try Interpolate.extent(dimensions[axis], scale)
    return TensorType(Shape(dimensions), inputs[0].element)
  }

  private static func extent(_ extent: Int, _ scale: Double) throws(GraphError) -> Int {
    guard (0x1p-20...0x1p20).contains(scale), Double(extent) * scale >= 1 else {
      throw GraphError(
        .invalidSetting, "an axis of \(extent) elements can't be scaled by \(scale)", rule: rule)
    }
    return Int(Double(extent) * scale)
  }

  func map(inputs: Int, outputs: Int) -> AxisMap {
    switch mode {
    case .nearest:
      return AxisMap(inputs: inputs, outputs: outputs, isLinear: false, scale: scale, offset: 0)
    case .linear(alignsCorners: false):
      return AxisMap(inputs: inputs, outputs: outputs, isLinear: true, scale: scale, offset: 0.5)
    case .linear(alignsCorners: true):
      // A single place, on either side, lies on the first.
      let isSingle = inputs == 1 || outputs == 1
      let scale = isSingle ? Double.infinity : Double(outputs - 1) / Double(inputs - 1)
      return AxisMap(inputs: inputs, outputs: outputs, isLinear: true, scale: scale, offset: 0)
    }
  }

  func lower(_ context: inout Lowering) {
    emit(
      &context, isGradient: false, x: context.input(0), y: context.output)
  }

  fileprivate func emit(_ context: inout Lowering, isGradient: Bool, x: Operand, y: Operand) {
    let dimensions = x.shape.dimensions
    context.emit(
      Kernels.interpolate(
        isGradient ? "interpolate_gradient" : name, context.element,
        map(inputs: x.shape[axis], outputs: y.shape[axis]), isGradient: isGradient, x: x.pointer,
        y: y.pointer, rows: dimensions[..<axis].reduce(1, *),
        inner: dimensions[(axis + 1)...].reduce(1, *)))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    let shape = context.type(of: context.inputs[0]).shape
    return [
      try context.graph.apply(
        InterpolateGradient(forward: self, input: shape), [context.cotangent])
    ]
  }
}

/// The transpose: each place added to those that it was made from.
struct InterpolateGradient: Primitive {
  let forward: Interpolate
  let input: Shape

  var name: String { "interpolate_gradient" }

  func type(of inputs: [TensorType]) throws(GraphError) -> TensorType {
    try TypeCheck.cotangent(inputs, of: input, through: forward)
  }

  func lower(_ context: inout Lowering) {
    forward.emit(&context, isGradient: true, x: context.output, y: context.input(0))
  }

  func cotangents(_ context: inout DerivativeContext) throws(GraphError) -> [Value?] {
    [try context.graph.apply(forward, [context.cotangent])]
  }
}

extension Graph {
  /// An axis with `scale` times as many places, as `torch.nn.functional.interpolate`.
  ///
  /// - Shapes: `[…, L, …] -> […, floor(L scale), …]`.
  public mutating func interpolate(
    _ x: Value, axis: Int, scale: Double, _ mode: Interpolation
  ) throws(GraphError) -> Value {
    let place = try placed(axis, of: checkedShape(of: x, "interpolate"), "interpolate")
    return try apply(Interpolate(axis: place, scale: scale, mode: mode), [x])
  }
}

extension Interpolate {
  private static let modes: [(Interpolation, String)] = [
    (.nearest, "mode='nearest'"),
    (.linear(alignsCorners: false), "mode='linear', align_corners=False"),
    (.linear(alignsCorners: true), "mode='linear', align_corners=True"),
  ]

  static var entries: [PrimitiveEntry] {
    let shapes: [(Shape, Int, Double)] = [
      ([2, 3, 5], 2, 2), ([2, 4, 3], 1, 3), ([1, 2, 7], 2, 1.5), ([3, 5, 2], 1, 0.4),
      ([1, 1, 1], 2, 4), ([1, 2, 300], 2, 2.5),
    ]
    let cases = shapes.flatMap { shape, axis, scale in
      modes.map { mode, words in
        let forward = Interpolate(axis: axis, scale: scale, mode: mode)
        // PyTorch does it along the last axis.
        let turn = axis == 2 ? "" : ".transpose(1, 2)"
        let function = "F.interpolate(%\(turn), scale_factor=\(scale), \(words))\(turn)"
        let output = (try? forward.type(of: [TensorType(shape, .float64)]))?.shape ?? []
        return (
          PrimitiveCase(forward, [.init(shape)], torch: function.replacing("%", with: "a")),
          PrimitiveCase(
            InterpolateGradient(forward: forward, input: shape), [.init(output)],
            torch: "torch.autograd.functional.vjp(lambda x: "
              + "\(function.replacing("%", with: "x")), torch.zeros(\(shape)), a, create_graph=True)[1]"
          )
        )
      }
    }
    return [
      PrimitiveEntry("interpolate", cases: cases.map(\.0)),
      PrimitiveEntry(
        "interpolate_gradient", isDerivativeOf: "interpolate", cases: cases.map(\.1)),
    ]
  }
}
