import Autodiff
import JSON
import NeuralNetworks
import Tensors

/// The penalties that are functions of the batch, resolved for a model: part of the computation, outside the loss.
struct GraphPenalties: Sendable {
  /// The outputs of layers, as indices in the model's spec.
  let activities: [(layer: Int, l1: Double, l2: Double)]
  let gradient: GradientPenalty?

  static let none = GraphPenalties(activities: [], gradient: nil)

  var isEmpty: Bool { activities.isEmpty && gradient == nil }

  /// Adds their sum to a graph; `nil` when there are none.
  ///
  /// - Parameters:
  ///   - parts: the model's in the graph.
  ///   - loss: the mean loss of the batch, all terms by their weights.
  /// - Throws: `GraphError.notDifferentiable` in the scope of a layer whose derivative can't be differentiated again.
  func build(
    on parts: Model.Parts, loss: Value, in graph: inout Graph
  ) throws(GraphError) -> Value? {
    let scope = graph.scope
    defer { graph.scope = scope }
    var total: Value?
    func add(_ part: Value, _ graph: inout Graph) throws(GraphError) {
      total = try total.map { sum throws(GraphError) in try graph.add(sum, part) } ?? part
    }
    for (layer, l1, l2) in activities {
      let (name, output) = parts.layerOutputs[layer]
      graph.scope = "activity penalty of \(name)"
      let rows = Double(graph.shape(of: output).dimensions.first ?? 1)
      if l1 > 0 {
        try add(graph.scale(graph.sum(graph.absolute(output)), by: l1 / rows), &graph)
      }
      if l2 > 0 {
        try add(graph.scale(graph.sum(graph.square(output)), by: l2 / rows), &graph)
      }
    }
    if let gradient { try add(gradient.build(on: parts, loss: loss, in: &graph), &graph) }
    return total
  }
}

extension GradientPenalty {
  fileprivate func build(
    on parts: Model.Parts, loss: Value, in graph: inout Graph
  ) throws(GraphError) -> Value {
    graph.scope = "gradient penalty"
    let inputs = parts.inputs.filter { graph.type(of: $0).element.isFloatingPoint }
    let rows = inputs.first.map { graph.shape(of: $0)[0] } ?? 1
    var quantity = loss
    switch self.quantity {
    case .loss: quantity = try graph.scale(loss, by: Double(rows))
    case .output:
      var total: Value?
      for output in parts.outputs {
        let part = try graph.sum(output)
        total = try total.map { sum throws(GraphError) in try graph.add(sum, part) } ?? part
      }
      quantity = total ?? loss
    }
    let gradients = try graph.gradients(of: quantity, withRespectTo: inputs)
    graph.scope = "gradient penalty"
    var squares: Value?
    for gradient in gradients {
      let square = try graph.square(gradient)
      let axes = Array(1..<max(1, graph.shape(of: gradient).rank))
      let part = axes.isEmpty ? square : try graph.sum(square, axes: axes)
      squares = try squares.map { sum throws(GraphError) in try graph.add(sum, part) } ?? part
    }
    guard var each = squares else { return graph.scalar(0) }
    if target != 0 {
      let norms = try graph.sqrt(graph.offset(each, by: Self.smallestSquare))
      each = try graph.square(graph.offset(norms, by: -target))
    }
    return try graph.scale(graph.mean(each), by: weight)
  }
}

extension Regularization {
  /// What of it is part of a step's computation.
  func graphPenalties(
    on model: Model, pointer: String = "/training"
  ) throws(Faults) -> GraphPenalties {
    GraphPenalties(
      activities: try activityPenalties(on: model, pointer: pointer), gradient: gradient)
  }
}
