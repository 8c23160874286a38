import Autodiff
import Tensors

extension Graph {
  /// Factors of 0, with probability `rate`, or `1 / (1 - rate)`: dropout for what is left out as a whole.
  ///
  /// They are a function of seed, step, stream and position.
  mutating func dropoutFactors(
    _ shape: Shape, rate: Double, stream: String
  ) throws(GraphError) -> Value {
    try dropout(
      constant(Tensor.table(shape, element) { _ in 1 }), rate: rate, stream: stream)
  }
}
