import Tensors

/// The rule of losses that compare the output with numbers, element by element.
enum NumberTargets {
  static func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    switch target {
    case .vector(let shape):
      guard shape == output else {
        throw ShapeFault(
          "the model's output is \(output), the dataset's target is \(shape)",
          rule: "output and target have one shape")
      }
      return .values
    case .classes(let classes, let shape):
      if output == [1], classes == 2, shape.rank == 0 { return .classNumber }
      if output == Shape(shape.dimensions + [classes]) { return .oneHot }
      throw ShapeFault(
        "the model's output is \(output), the dataset's target is one of \(classes) classes, "
          + "which needs an output of [\(classes)]\(classes == 2 ? " or [1]" : "")",
        rule: "output [K] for K classes, or [1] for two")
    }
  }
}
