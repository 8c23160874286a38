import Autodiff
import Tensors

/// A loss that is the mean over all elements of a function of an output and its target.
protocol ElementwiseLoss: Loss {
  /// - Shapes: output, target and result are the same.
  func element(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value
}

extension ElementwiseLoss {
  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    try NumberTargets.encoding(output: output, target: target)
  }

  public func build(
    output: Value, target: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    try graph.mean(element(output: output, target: target, in: &graph))
  }

  static var shapes: String {
    "output […], target […]; or output [K] and one of K classes, as 0 and 1"
  }
}
