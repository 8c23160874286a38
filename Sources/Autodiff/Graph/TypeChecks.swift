import Tensors

/// The checks that shape rules share.
enum TypeCheck {
  static func count(_ inputs: [TensorType], _ allowed: ClosedRange<Int>) throws(GraphError) {
    guard allowed.contains(inputs.count) else {
      throw GraphError(
        .invalidSetting, "\(inputs.count) inputs",
        rule: "it has \(allowed.lowerBound) to \(allowed.upperBound) inputs")
    }
  }

  /// All inputs are floating-point numbers of one type.
  static func floats(_ inputs: [TensorType]) throws(GraphError) {
    for input in inputs where !input.element.isFloatingPoint {
      throw GraphError(
        .elementMismatch, "the input is \(input)", rule: "inputs are floating-point numbers")
    }
    for input in inputs.dropFirst() where input.element != inputs[0].element {
      throw GraphError(
        .elementMismatch, "the inputs are \(inputs[0]) and \(input)",
        rule: "inputs have one element type")
    }
  }

  static func element(_ input: TensorType, _ element: ElementType) throws(GraphError) {
    guard input.element == element else {
      throw GraphError(
        .elementMismatch, "the input is \(input)", rule: "its elements are \(element.rawValue)")
    }
  }

  static func rank(
    _ input: TensorType, _ rank: Int, _ what: String, rule: String
  ) throws(GraphError) {
    guard input.shape.rank == rank else {
      throw GraphError(
        .rankMismatch, "\(what) \(input.shape) has \(input.shape.rank) axes, not \(rank)",
        rule: rule)
    }
  }

  static func same(
    _ left: TensorType, _ right: TensorType, _ what: String
  ) throws(GraphError) {
    guard left.shape == right.shape else {
      throw GraphError(
        .shapeMismatch, "\(left.shape) and \(right.shape) differ", rule: "\(what) have one shape")
    }
  }

  /// The one input is a cotangent of what a primitive makes of an array of this shape.
  ///
  /// - Returns: the array's type.
  static func cotangent(
    _ inputs: [TensorType], of input: Shape, through forward: some Primitive
  ) throws(GraphError) -> TensorType {
    try count(inputs, 1...1)
    try floats(inputs)
    let type = TensorType(input, inputs[0].element)
    try same(inputs[0], forward.type(of: [type]), "cotangent and output")
    return type
  }

  /// Numbers, and the seed and step that draws are a function of.
  static func drawing(_ inputs: [TensorType]) throws(GraphError) {
    try count(inputs, 2...2)
    try floats([inputs[0]])
    guard inputs[1] == TensorType([4], .int32) else {
      throw GraphError(
        .elementMismatch, "seed and step are \(inputs[1])", rule: "they are int32[4]")
    }
  }

  /// The axes counted from the front, ascending, without doubles.
  static func axes(_ axes: [Int], of shape: Shape) throws(GraphError) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      let place = axis < 0 ? axis + shape.rank : axis
      guard (0..<shape.rank).contains(place) else {
        throw GraphError(
          .axisOutOfRange, "\(shape) has no axis \(axis)",
          rule: "an axis is from \(-shape.rank) to \(shape.rank - 1)")
      }
      guard !result.contains(place) else {
        throw GraphError(
          .axisOutOfRange, "axis \(axis) of \(shape) is named twice",
          rule: "each axis is named once")
      }
      result.append(place)
    }
    return result.sorted()
  }
}
