/// What a node of a graph yields: a tensor whose type is known and whose contents are not yet.
///
/// It means something only together with the graph that made it, and copies of that graph.
public struct Value: Hashable, Sendable {
  /// The node's place in its graph; a node's inputs have smaller ones.
  public let index: Int

  init(_ index: Int) { self.index = index }
}
