extension Graph {
  /// The inputs and parameters that a value is computed from.
  ///
  /// - Complexity: linear in the nodes before the value.
  public func sources(of value: Value) -> Set<Value> {
    var isAncestor = [Bool](repeating: false, count: value.index + 1)
    isAncestor[value.index] = true
    var sources: Set<Value> = []
    for index in stride(from: value.index, through: 0, by: -1) where isAncestor[index] {
      let inputs = nodes[index].inputs
      if inputs.isEmpty { sources.insert(Value(index)) }
      for input in inputs { isAncestor[input.index] = true }
    }
    return sources
  }
}
