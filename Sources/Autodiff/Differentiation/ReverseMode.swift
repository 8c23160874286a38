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
    forwardCount = forwardCount ?? count
    let found = try reverse(from: loss, to: targets, downTo: 0)
    return try distinct(targets, found)
  }

  /// The cotangents of `targets`, `nil` for those that the loss doesn't depend on.
  ///
  /// - Parameters:
  ///   - seed: the cotangent of `loss`; 1 when left out.
  ///   - first: no target comes before this node.
  mutating func reverse(
    from loss: Value, seed: Value? = nil, to targets: [Value], downTo first: Int
  ) throws(GraphError) -> [Value?] {
    let leads = leadsToTarget(targets, upTo: loss, downTo: first)
    // With a seed no value is the unit, so that no rule takes a short cut for it.
    let unit = seed == nil ? constant(1, shape: type(of: loss).shape) : Value(-1)
    var cotangents = Cotangents(loss, seed ?? unit)
    for index in stride(from: loss.index, through: first, by: -1) where leads[index - first] {
      let node = nodes[index]
      guard !node.inputs.isEmpty, let cotangent = try cotangents.sum(of: Value(index), in: &self)
      else { continue }
      guard let rule = rule(of: Value(index)) else { continue }
      func isNeeded(_ input: Value) -> Bool { input.index >= first && leads[input.index - first] }
      scope = node.scope
      let parts = try self.cotangents(
        rule, cotangent: cotangent, needed: rule.inputs.map(isNeeded), unit: unit)
      for (input, part) in zip(rule.inputs, parts) {
        guard let part, isNeeded(input) else { continue }
        let summed = try sumDown(part, to: nodes[input.index].type.shape)
        try cotangents.add(summed, to: input, in: &self)
      }
    }
    var results: [Value?] = []
    for target in targets { results.append(try cotangents.sum(of: target, in: &self)) }
    return results
  }

  /// Whose rule a node's derivative is: its own primitive's, or that of the one it is the auxiliary of.
  struct Rule {
    let primitive: any Primitive
    let owner: Value
    let inputs: [Value]
    let isAuxiliary: Bool
  }

  /// - Returns: `nil` for what no primitive makes.
  func rule(of value: Value) -> Rule? {
    let node = nodes[value.index]
    // An auxiliary is made of the inputs of the primitive that it belongs to.
    let isAuxiliary = if case .auxiliary = node.origin { true } else { false }
    let owner = isAuxiliary ? node.inputs[0] : value
    guard case .primitive(let primitive) = nodes[owner.index].origin else { return nil }
    return Rule(
      primitive: primitive, owner: owner, inputs: nodes[owner.index].inputs,
      isAuxiliary: isAuxiliary)
  }

  /// What a rule says, with where it was in its faults.
  mutating func cotangents(
    _ rule: Rule, cotangent: Value, needed: [Bool], unit: Value
  ) throws(GraphError) -> [Value?] {
    let (place, shape) = (scope, nodes[rule.owner.index].type.shape)
    let primitive = rule.primitive
    var context = DerivativeContext(
      graph: self, node: rule.owner, inputs: rule.inputs, cotangent: cotangent, needed: needed,
      unit: unit)
    // The rule grows the context's graph; two copies would make each of its steps cost a copy.
    nodes = []
    let parts: [Value?]
    do throws(GraphError) {
      parts =
        rule.isAuxiliary
        ? try primitive.auxiliaryCotangents(&context) : try primitive.cotangents(&context)
      swap(&self, &context.graph)
    } catch {
      swap(&self, &context.graph)
      throw error.located(in: place, operation: primitive.name, shapes: [shape])
    }
    precondition(parts.count == rule.inputs.count, "\(primitive.name): a cotangent for each input")
    return parts
  }

  /// For each value up to the loss, whether a derivative through it reaches one of the targets.
  private func leadsToTarget(
    _ targets: [Value], upTo loss: Value, downTo first: Int
  ) -> [Bool] {
    var leads = [Bool](repeating: false, count: Swift.max(0, loss.index + 1 - first))
    for target in targets where target.index <= loss.index { leads[target.index - first] = true }
    for index in leads.indices where !leads[index] {
      let node = nodes[index + first]
      leads[index] =
        node.type.element.isFloatingPoint && !node.isCut
        && node.inputs.contains { $0.index >= first && leads[$0.index - first] }
    }
    return leads
  }

  private mutating func distinct(
    _ targets: [Value], _ cotangents: [Value?]
  ) throws(GraphError) -> [Value] {
    var results: [Value] = []
    var taken: Set<Value> = []
    for (target, cotangent) in zip(targets, cotangents) {
      scope = nodes[target.index].scope
      var result: Value
      if let cotangent {
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

  func isComputed(_ value: Value) -> Bool {
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

  /// The value itself, through which no derivative goes.
  public mutating func stopGradient(_ x: Value) throws(GraphError) -> Value {
    try apply(StopGradient(), [x])
  }
}

extension Graph.Node {
  /// Whether no derivative goes through it.
  fileprivate var isCut: Bool {
    if case .primitive(let primitive) = origin { primitive is StopGradient } else { false }
  }
}
