import Tensors

extension Graph {
  /// How values change along a direction of others, by forward-mode differentiation: Jacobian times vector.
  ///
  /// Walks once from the front to the outputs. A primitive has only its rule for cotangents, `x̄ = Jᵀ ȳ`;
  /// that is linear in `ȳ`, and its own transpose by reverse mode is `ẏ = J ẋ`. What the rule computes of
  /// `ȳ` falls away, as no output depends on it.
  ///
  /// - Parameter directions: for some values, a value of the same type that says how they change; all
  ///   others stay.
  /// - Returns: for each of `outputs`, a value of its shape.
  /// - Throws: `GraphError.notDifferentiable` where a derivative's derivative is needed that there isn't.
  public mutating func tangents(
    of outputs: [Value], along directions: [Value: Value]
  ) throws(GraphError) -> [Value] {
    for (value, direction) in directions where type(of: value) != type(of: direction) {
      throw GraphError(
        .shapeMismatch, "\(type(of: value)) can't change by \(type(of: direction))",
        rule: "a direction has the type of its value", operation: "tangents")
    }
    let outerScope = scope
    defer { scope = outerScope }
    var tangents = directions
    let last = outputs.map(\.index).max() ?? -1
    for index in nodes.indices.prefix(last + 1) where tangents[Value(index)] == nil {
      let node = nodes[index]
      guard let rule = rule(of: Value(index)), node.type.element.isFloatingPoint,
        rule.inputs.contains(where: { tangents[$0] != nil })
      else { continue }
      scope = node.scope
      tangents[Value(index)] = try transposed(
        rule, type: node.type, along: rule.inputs.map { tangents[$0] })
    }
    return try outputs.map { output throws(GraphError) in
      scope = nodes[output.index].scope
      guard let tangent = tangents[output] else { return constant(0, shape: shape(of: output)) }
      return isComputed(tangent) ? tangent : try copy(tangent)
    }
  }

  /// `ẏ = J ẋ` for one primitive; `nil` is zero.
  private mutating func transposed(
    _ rule: Rule, type: TensorType, along tangents: [Value?]
  ) throws(GraphError) -> Value? {
    let cotangent = constant(0, shape: type.shape)
    // No value is the unit, so that no rule takes a short cut for it.
    let parts = try cotangents(
      rule, cotangent: cotangent, needed: tangents.map { $0 != nil }, unit: Value(-1))
    var total: Value?
    for (index, part) in parts.enumerated() {
      guard let part, let tangent = tangents[index] else { continue }
      let summed = try sumDown(part, to: shape(of: rule.inputs[index]))
      let product = try sum(multiply(summed, tangent))
      total = try total.map { before throws(GraphError) in try add(before, product) } ?? product
    }
    guard let total else { return nil }
    return try reverse(from: total, to: [cotangent], downTo: cotangent.index)[0]
  }

  /// The Hessian of a scalar times a vector: the tangents of its derivatives.
  ///
  /// - Parameter directions: for each of `targets`, a value of its type.
  /// - Returns: for each of `targets`, a value of its shape.
  /// - Throws: `GraphError.notDifferentiable` for an operation whose derivative has none.
  public mutating func hessianProducts(
    of loss: Value, withRespectTo targets: [Value], along directions: [Value]
  ) throws(GraphError) -> [Value] {
    let gradients = try gradients(of: loss, withRespectTo: targets)
    return try tangents(
      of: gradients, along: Dictionary(zip(targets, directions)) { first, _ in first })
  }
}
