import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

/// A batch's matrix of curvature times a vector, planned for one batch size but without memory.
///
/// The loss's own curvature is that of the objectives' sum; penalties have no part in it.
struct CurvaturePlan {
  let plan: Plan
  /// One a model's input.
  let inputs: [Value]
  let objectives: ObjectiveGraph
  let random: Value?
  let parameters: [Value]
  /// One for each parameter that moves, and what they are multiplied to.
  let directions: [Value]
  let products: [Value]
  let graph: GraphParts?

  /// - Parameter moving: places among the learned parameters.
  init(
    _ matrix: CurvatureMatrix, model: Model, objectives: [Objective], moving: [Int], batch: Int,
    extents: GraphExtents = .nominal
  ) throws(TrainingError) {
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .training, extents: extents, into: &graph)
      let terms = try ObjectiveGraph(objectives, on: built, of: model, batch: batch, in: &graph)
      let targets = moving.map { built.parameters[model.learnedIndices[$0]] }
      let directions = targets.enumerated().map { place, target in
        graph.input("direction \(place)", graph.type(of: target))
      }
      switch matrix {
      case .hessian:
        products = try graph.hessianProducts(
          of: terms.total, withRespectTo: targets, along: directions)
      case .gaussNewton:
        products = try graph.gaussNewtonProducts(
          of: terms.total, through: objectives.map { built.outputs[$0.output] },
          withRespectTo: targets, along: directions)
      }
      plan = try Plan(graph, outputs: products)
      inputs = built.inputs
      self.objectives = terms
      random = graph.random
      parameters = built.parameters
      self.directions = directions
      self.graph = built.graph
    } catch {
      throw TrainingError(.plan, error.description)
    }
  }
}

extension Graph {
  /// `Jᵀ H J v` with the Jacobian `J` of some values and the Hessian `H` of a scalar with respect to them.
  ///
  /// - Parameters:
  ///   - outputs: through which alone the loss depends on `targets`; a value may occur more than once.
  ///   - directions: `v`, one for each of `targets`.
  fileprivate mutating func gaussNewtonProducts(
    of loss: Value, through outputs: [Value], withRespectTo targets: [Value],
    along directions: [Value]
  ) throws(GraphError) -> [Value] {
    let outputs = outputs.reduce(into: [Value]()) { if !$0.contains($1) { $0.append($1) } }
    // Before the tangents, so that nothing of these comes between outputs and slopes.
    let slopes = try gradients(of: loss, withRespectTo: outputs)
    let tangents = try tangents(
      of: outputs, along: Dictionary(zip(targets, directions)) { first, _ in first })
    let bends = try self.tangents(
      of: slopes, along: Dictionary(zip(outputs, tangents)) { first, _ in first })
    var total: Value?
    for (output, bend) in zip(outputs, bends) {
      let product = try sum(multiply(output, stopGradient(bend)))
      total = try total.map { before throws(GraphError) in try add(before, product) } ?? product
    }
    return try gradients(of: total ?? loss, withRespectTo: targets)
  }
}
