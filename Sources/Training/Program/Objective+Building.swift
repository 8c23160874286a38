import Autodiff
import NeuralNetworks

extension [Objective] {
  /// Adds each objective's target and loss to a graph.
  ///
  /// - Returns: for each the target as its loss wants it, the mean loss of the batch, and what the batch weighs in
  ///   a mean over batches where that isn't its number of examples.
  func build(
    on outputs: [Value], of model: Model, batch: Int, in graph: inout Graph
  ) throws(GraphError) -> [(target: Value, loss: Value, weight: Value?)] {
    var terms: [(target: Value, loss: Value, weight: Value?)] = []
    for objective in self {
      graph.scope = count == 1 ? "loss" : "loss of \(objective.name)"
      let type = objective.loss.targetType(
        batch: batch, output: model.outputs[objective.output].shape, encoding: objective.encoding,
        element: graph.element)
      let target = graph.input(count == 1 ? "targets" : "targets of \(objective.name)", type)
      let loss = try objective.loss.build(
        output: outputs[objective.output], target: target, in: &graph)
      terms.append((target, loss, try objective.loss.weight(of: target, in: &graph)))
    }
    return terms
  }
}
