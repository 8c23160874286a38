import Tensors

extension Graph {
  /// The derivatives of a scalar, by reverse-mode differentiation.
  ///
  /// Walks once from the loss to the front. A value read in several places has its cotangents added, in
  /// the order of the walk; where an input was broadcast, its cotangent is summed down to its shape; what
  /// the loss doesn't depend on costs nothing and has the derivative 0.
  /// Griewank and Walther 2008, "Evaluating Derivatives", chapter 3.
  ///
  /// - Returns: a value for each of `targets`, of its shape; no two are the same, so that each may be
  ///   bound to memory of its own.
  /// - Throws: `GraphError.notScalar`, or `.notDifferentiable` with the operation's name.
  public mutating func gradients(
    of loss: Value, withRespectTo targets: [Value]
  ) throws(GraphError) -> [Value] {
    let type = type(of: loss)
    guard type.shape.count == 1, type.element.isFloatingPoint else {
      throw GraphError(
        .notScalar, "the loss is \(type)", rule: "the loss is one floating-point number",
        operation: "gradients", scope: nodes[loss.index].scope, shapes: [type.shape])
    }
    let outerScope = scope
    defer { scope = outerScope }

    let leads = leadsToTarget(targets, upTo: loss)
    let unit = constant(1, shape: type.shape)
    var cotangents = [Value?](repeating: nil, count: loss.index + 1)
    cotangents[loss.index] = unit

    for index in stride(from: loss.index, through: 0, by: -1) where leads[index] {
      guard let cotangent = cotangents[index] else { continue }
      let node = nodes[index]
      guard !node.inputs.isEmpty else { continue }
      // An auxiliary is made of the inputs of the primitive that it belongs to.
      let isAuxiliary = if case .auxiliary = node.origin { true } else { false }
      let owner = isAuxiliary ? node.inputs[0] : Value(index)
      let inputs = nodes[owner.index].inputs
      guard case .primitive(let primitive) = nodes[owner.index].origin else { continue }
      scope = node.scope
      var context = DerivativeContext(
        graph: self, node: owner, inputs: inputs, cotangent: cotangent,
        needed: inputs.map { leads[$0.index] }, unit: unit)
      // The rule grows the context's graph; two copies would make each of its steps cost a copy.
      nodes = []
      let parts: [Value?]
      do throws(GraphError) {
        parts =
          isAuxiliary
          ? try primitive.auxiliaryCotangents(&context) : try primitive.cotangents(&context)
        swap(&self, &context.graph)
      } catch {
        swap(&self, &context.graph)
        throw error.located(in: node.scope, operation: primitive.name, shapes: [node.type.shape])
      }
      precondition(
        parts.count == inputs.count, "\(primitive.name): a cotangent for each input")
      for (input, part) in zip(inputs, parts) {
        guard let part, leads[input.index] else { continue }
        let summed = try sumDown(part, to: nodes[input.index].type.shape)
        if let before = cotangents[input.index] {
          cotangents[input.index] = try add(before, summed)
        } else {
          cotangents[input.index] = summed
        }
      }
    }
    return try distinct(targets, cotangents: cotangents, after: loss)
  }

  /// For each value up to the loss, whether a derivative through it reaches one of the targets.
  private func leadsToTarget(_ targets: [Value], upTo loss: Value) -> [Bool] {
    var leads = [Bool](repeating: false, count: loss.index + 1)
    for target in targets where target.index <= loss.index { leads[target.index] = true }
    for index in leads.indices where !leads[index] {
      leads[index] =
        nodes[index].type.element.isFloatingPoint
        && nodes[index].inputs.contains { leads[$0.index] }
    }
    return leads
  }

  private mutating func distinct(
    _ targets: [Value], cotangents: [Value?], after loss: Value
  ) throws(GraphError) -> [Value] {
    var results: [Value] = []
    var taken: Set<Value> = []
    for target in targets {
      scope = nodes[target.index].scope
      var result: Value
      if target.index <= loss.index, let cotangent = cotangents[target.index] {
        result = cotangent
        // What the forward pass made, or another target has, can't also be this one's.
        if taken.contains(result) || !isComputed(result) { result = try copy(result) }
      } else {
        result = constant(0, shape: type(of: target).shape)
      }
      taken.insert(result)
      derivatives[result] = target
      results.append(result)
    }
    return results
  }

  private func isComputed(_ value: Value) -> Bool {
    switch nodes[value.index].origin {
    case .primitive, .auxiliary: true
    case .input, .parameter, .constant: false
    }
  }

  /// Undoes broadcasting: sums over the axes along which `shape` was repeated.
  mutating func sumDown(_ value: Value, to shape: Shape) throws(GraphError) -> Value {
    let from = self.shape(of: value)
    if from == shape { return value }
    let added = from.rank - shape.rank
    var axes = Array(0..<added)
    for axis in 0..<shape.rank where shape[axis] == 1 && from[axis + added] != 1 {
      axes.append(axis + added)
    }
    let summed = axes.isEmpty ? value : try sum(value, axes: axes, keepsAxes: true)
    return try reshape(summed, to: shape)
  }
}
