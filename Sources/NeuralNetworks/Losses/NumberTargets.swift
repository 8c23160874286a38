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

  /// The rule of losses that have several outputs for each number of the target, along the last axis.
  static func check(
    output: Shape, is times: Int, timesTheLastAxisOf target: Shape, because reason: String
  ) throws(ShapeFault) {
    // Compared by division, which doesn't overflow.
    let width = target.dimensions.last ?? 1
    guard output.rank == max(target.rank, 1), let last = output.dimensions.last,
      last % times == 0, last / times == width,
      output.dimensions.dropLast() == target.dimensions.dropLast()
    else {
      throw ShapeFault(
        "the model's output is \(output), the dataset's target is \(target), and \(reason) make "
          + "\(times) outputs for each number",
        rule: "output […, \(times) D], target […, D]")
    }
  }

  /// The target's shape where an output has so many for each of its numbers.
  static func shape(of output: Shape, holding times: Int) -> Shape {
    var dimensions = output.dimensions
    if let last = dimensions.popLast() { dimensions.append(max(1, last / times)) }
    return Shape(dimensions)
  }
}
