import Autodiff
import JSON
import Tensors

/// What layers that join several inputs of one shape have in common.
///
/// An input may also lack or have a 1 on some axes, over which it is repeated: `[C, 1, 1]` scales the
/// channels of `[C, H, W]`.
enum Merge {
  static let inputCount = 2...64
  static let shapes = "two or more of […] -> […]; an axis of 1 is repeated"
  static let rule = "inputs have one shape, or 1 where another has more"

  /// The shape that all inputs are repeated to.
  static func outputShape(of inputs: [Shape]) throws(ShapeFault) -> Shape {
    var result = inputs[0].dimensions
    for shape in inputs.dropFirst() {
      let fits =
        shape.rank == result.count
        && zip(shape.dimensions, result).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
      guard fits else {
        throw ShapeFault(
          field: "inputs",
          "the inputs \(inputs.map(\.description).joined(separator: " and ")) differ",
          rule: rule)
      }
      result = zip(shape.dimensions, result).map { max($0, $1) }
    }
    return Shape(result)
  }
}
