import Autodiff
import NeuralNetworks
import Tensors

/// A run's objectives in a graph: their targets, losses, weights and sum.
struct ObjectiveGraph {
  /// One an objective, as its loss wants it.
  let targets: [Value]
  /// The mean loss of the batch for each objective, unweighted.
  let losses: [Value]
  /// What is made small: the losses by their weights.
  let total: Value
  /// For each objective what the batch weighs in a mean over batches; `nil` for its number of examples.
  let batchWeights: [Value?]
  /// For each objective the scalar that is its weight at a step; `nil` where it never changes.
  let weights: [Value?]
  /// For each objective its learned log variance; empty unless they are balanced by uncertainty.
  let logVariances: [Value]

  /// Adds the objectives to a graph.
  ///
  /// - Parameter parts: the model's in the graph.
  init(
    _ objectives: [Objective], balance: LossBalance = .fixed, on parts: Model.Parts,
    of model: Model,
    batch: Int, in graph: inout Graph
  ) throws(GraphError) {
    let terms = try objectives.build(on: parts, of: model, batch: batch, in: &graph)
    targets = terms.map(\.target)
    losses = terms.map(\.loss)
    batchWeights = terms.map(\.weight)
    graph.scope = "loss"
    var weights: [Value?] = []
    var logVariances: [Value] = []
    var total: Value?
    for (objective, term) in zip(objectives, terms) {
      var value = term.loss
      if balance == .uncertainty {
        let logVariance = graph.parameter("loss.\(objective.name).log_variance", [])
        logVariances.append(logVariance)
        let precision = try graph.exp(graph.negate(logVariance))
        value = try graph.add(
          graph.scale(graph.multiply(precision, value), by: objective.precisionFactor),
          graph.scale(logVariance, by: 0.5))
      }
      if objective.isWeightChanging(balance) {
        let weight = graph.input(
          "weight of \(objective.name)", TensorType([], graph.element))
        weights.append(weight)
        value = try graph.multiply(weight, value)
      } else {
        weights.append(nil)
        if objective.weight.value != 1 {
          value = try graph.scale(value, by: objective.weight.value)
        }
      }
      if let sum = total { value = try graph.add(sum, value) }
      total = value
    }
    self.total = total ?? graph.scalar(0)
    self.weights = weights
    self.logVariances = logVariances
  }
}

extension Objective {
  /// By what `exp(-s)` is multiplied: a Gaussian's log likelihood has a half before its squares.
  var precisionFactor: Double { learnsClasses ? 1 : 0.5 }

  func isWeightChanging(_ balance: LossBalance) -> Bool {
    if case .gradNorm = balance { return true }
    return weight.schedule != nil
  }
}

extension [Objective] {
  /// Adds each objective's target and loss to a graph.
  ///
  /// - Returns: for each the target as its loss wants it, the mean loss of the batch, and what the batch weighs in
  ///   a mean over batches where that isn't its number of examples.
  func build(
    on parts: Model.Parts, of model: Model, batch: Int, in graph: inout Graph
  ) throws(GraphError) -> [(target: Value, loss: Value, weight: Value?)] {
    var terms: [(target: Value, loss: Value, weight: Value?)] = []
    for objective in self {
      graph.scope = count == 1 ? "loss" : "loss of \(objective.name)"
      let type = objective.loss.targetType(
        batch: batch, output: model.outputs[objective.output].shape, encoding: objective.encoding,
        element: graph.element)
      let target = graph.input(count == 1 ? "targets" : "targets of \(objective.name)", type)
      let loss = try objective.loss.build(
        output: parts.outputs[objective.output], target: target,
        mask: parts.outputMasks[objective.output], in: &graph)
      terms.append((target, loss, try objective.loss.weight(of: target, in: &graph)))
    }
    return terms
  }
}
