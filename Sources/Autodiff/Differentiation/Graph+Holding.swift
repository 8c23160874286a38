extension Graph {
  /// The graph with every value that no derivative goes through as an input, for the caller to write.
  ///
  /// Differences of what it computes are those that its derivatives tell: they take these values for constants,
  /// though they follow from what is differentiated.
  public func holdingStopped() -> (graph: Graph, held: [Value]) {
    var graph = self
    var held: [Value] = []
    for (index, node) in nodes.enumerated() {
      guard case .primitive(let primitive) = node.origin, primitive is StopGradient else {
        continue
      }
      graph.nodes[index].origin = .input(name: "held \(index)")
      graph.nodes[index].inputs = []
      held.append(Value(index))
    }
    return (graph, held)
  }
}
