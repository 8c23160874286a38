import Autodiff
import Tensors

/// Where an example has its channels: the last axis of features `[C]` and sequences `[T, C]`, the first
/// of images `[C, H, W]` and volumes `[C, D, H, W]`.
enum ChannelAxis {
  static func extent(of shape: Shape) -> Int {
    shape.rank <= 2 ? shape[shape.rank - 1] : shape[0]
  }

  /// Where the channels of a batch of examples of this shape are, counted with the batch axis.
  static func place(inBatchOf shape: Shape) -> Int { shape.rank <= 2 ? shape.rank : 1 }

  /// The shape with another number of channels.
  static func shape(_ shape: Shape, channels: Int) -> Shape {
    var dimensions = shape.dimensions
    dimensions[place(inBatchOf: shape) - 1] = channels
    return Shape(dimensions)
  }

  /// - Throws: `ShapeFault` for what is none of the four.
  static func channels(of shape: Shape) throws(ShapeFault) -> Int {
    guard (1...4).contains(shape.rank) else {
      throw ShapeFault(
        "the input \(shape) has \(shape.rank) axes", rule: "[C], [T, C], [C, H, W] or [C, D, H, W]")
    }
    return extent(of: shape)
  }

  /// A parameter `[C]` shaped so that it is broadcast to `[N, …]` by channels; one of `[1]` stays.
  static func spread(
    _ parameter: Value, over x: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    let (channels, rank) = (graph.shape(of: parameter), graph.shape(of: x).rank)
    if channels == [1] || rank <= 3 { return parameter }
    return try graph.reshape(
      parameter, to: Shape(channels.dimensions + [Int](repeating: 1, count: rank - 2)))
  }

  /// Applies what wants channels right behind the batch, `[N, C, …]`; a sequence is turned for it, and the
  /// result turned back.
  static func first(
    _ x: Value, in graph: inout Graph,
    _ body: (inout Graph, Value) throws(GraphError) -> Value
  ) throws(GraphError) -> Value {
    guard graph.shape(of: x).rank == 3 else { return try body(&graph, x) }
    let turned = try graph.transpose(x, axes: [0, 2, 1])
    return try graph.transpose(try body(&graph, turned), axes: [0, 2, 1])
  }
}
