import JSON
import Tensors

extension GradientCheckReport {
  public var json: JSON {
    [
      "passed": .bool(passed),
      "worst": worst.map { .string($0.name) } ?? .null,
      "loss": .number(loss),
      "element_type": .string(ElementType.float64.rawValue),
      "batch_size": .integer(batchSize),
      "seed": .integer(Int(configuration.seed)),
      "step": .number(configuration.step),
      "tolerance": .number(configuration.tolerance),
      "rounding_error": .number(roundingError),
      "elements": .integer(parameters.reduce(0) { $0 + $1.shape.count }),
      "checked": .integer(parameters.reduce(0) { $0 + $1.checked }),
      "kinks": .integer(parameters.reduce(0) { $0 + $1.kinks }),
      "failed": .integer(parameters.reduce(0) { $0 + $1.failed }),
      "limit": limit.map { .string($0.rawValue) } ?? .null,
      "forward_passes": .integer(passes),
      "seconds": .number(seconds),
      "parameters": .array(parameters.map(\.json)),
    ]
  }
}

extension GradientCheckReport.Parameter {
  var json: JSON {
    [
      "name": .string(name),
      "layer": .string(layer),
      "shape": .array(shape.dimensions.map(JSON.integer)),
      "passed": .bool(passed),
      "elements": .integer(shape.count),
      "checked": .integer(checked),
      "kinks": .integer(kinks),
      "failed": .integer(failed),
      "largest_derivative": .number(largestDerivative),
      "largest_difference": .number(largestDifference),
      "relative_difference": .number(relativeDifference),
      "worst_element": worst.map { $0.json(in: shape) } ?? .null,
    ]
  }
}

extension GradientCheckReport.Element {
  func json(in shape: Shape) -> JSON {
    let index = zip(shape.dimensions, shape.strides).map { flatIndex / $1 % $0 }
    return [
      "index": .array(index.map(JSON.integer)),
      "flat_index": .integer(flatIndex),
      "analytic": .number(analytic),
      "numeric": .number(numeric),
    ]
  }
}
