import Autodiff
import JSON
import Tensors

/// A loss that compares the examples of a batch with each other: the output is an embedding, and targets say which
/// examples are of one class.
///
/// The batch is what it's about: an example alone costs nothing, and a mean over examples is the mean over batches.
protocol EmbeddingLoss: Loss {}

extension EmbeddingLoss {
  public var hasAnswers: Bool { false }
  public var largestBatch: Int? { EmbeddingPairs.mostExamples }

  public func encoding(output: Shape, target: LossTarget) throws(ShapeFault) -> TargetEncoding {
    let rule = "output [D], target one class an example"
    guard case .classes(_, let shape) = target, shape.rank == 0 else {
      throw ShapeFault(
        "the model's output is \(output), the dataset's target is \(target.inWords), which doesn't "
          + "say which examples belong together",
        rule: rule)
    }
    guard output.rank == 1 else {
      throw ShapeFault(
        "the model's output is \(output), which is no embedding; flatten or pool it", rule: rule)
    }
    return .classNumber
  }
}

/// What losses over pairs share.
enum EmbeddingPairs {
  /// Examples of a batch at most: there are as many pairs as its square.
  static let mostExamples = 8_192

  /// 1 where two examples are of one class, each with itself too, else 0.
  ///
  /// - Shapes: classes `[N, 1]` as numbers, result `[N, N]`.
  static func sameClass(
    _ classes: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let examples = graph.shape(of: classes)[0]
    guard examples <= mostExamples else {
      throw GraphError(
        .tooLarge, "a batch of \(examples) examples has too many pairs",
        rule: "at most \(mostExamples) examples", scope: "loss")
    }
    return try graph.equal(classes, graph.reshape(classes, to: [1, examples]))
  }

  /// 1 where two examples are different ones, 0 on the diagonal.
  static func others(_ examples: Int, in graph: inout Graph) throws(GraphError) -> Value {
    let numbers = graph.constant((0..<examples).map(Double.init), shape: [examples, 1])
    return try graph.notEqual(numbers, graph.reshape(numbers, to: [1, examples]))
  }
}
