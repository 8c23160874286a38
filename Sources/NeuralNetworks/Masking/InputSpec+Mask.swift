import Autodiff
import Tensors

extension InputSpec {
  /// Which places of the input are real: `[N, T]` of 1, and 0 for padding; `nil` when no padding is said.
  ///
  /// Padding is a token that equals `padding`, or a step whose features all do.
  func mask(of input: Value, in graph: inout Graph) throws(GraphError) -> Value? {
    guard let padding else { return nil }
    let shape = graph.shape(of: input)
    let length = shape[1]
    if let vocabulary {
      let table = Tensor.table([vocabulary, 1], graph.element) { Double($0) == padding ? 0 : 1 }
      let real = try graph.gather(graph.constant(table), indices: input)
      return try graph.reshape(real, to: [shape[0], length])
    }
    let differing = try graph.sum(
      graph.notEqual(input, graph.scalar(padding)), axes: [2])
    // A constant for everything behind it, also where the input itself is differentiated by.
    return try graph.stopGradient(graph.greater(differing, graph.scalar(0)))
  }

  /// Why the input can have no padding; `nil` when it can.
  static func objection(toPadding padding: Double, shape: Shape, vocabulary: Int?) -> String? {
    guard let vocabulary else {
      return shape.rank == 2
        ? nil : "belongs to sequences [length, features], and the shape is \(shape)"
    }
    guard shape.rank == 1 else {
      return "belongs to sequences [length] of tokens, and the shape is \(shape)"
    }
    guard padding.rounded() == padding, padding >= 0, padding < Double(vocabulary) else {
      return "\(padding) is no token from 0 to \(vocabulary - 1)"
    }
    return nil
  }
}
