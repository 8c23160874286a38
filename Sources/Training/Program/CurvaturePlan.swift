import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

/// What a solver asks of a batch's curvature, planned for one batch size but without memory.
///
/// The curvature is that of the objectives' sum; penalties have no part in it.
struct CurvaturePlan {
  let plan: Plan
  /// One a model's input.
  let inputs: [Value]
  let objectives: ObjectiveGraph
  let random: Value?
  let parameters: [Value]
  /// For products a vector: one for each parameter that moves.
  let directions: [Value]
  /// What the vector is multiplied to; or for each layer its factors, of inputs and outputs.
  let results: [Value]
  let graph: GraphParts?

  /// - Parameter moving: places among the learned parameters.
  init(
    _ curvature: Curvature, model: Model, objectives: [Objective], moving: [Int], batch: Int,
    extents: GraphExtents = .nominal
  ) throws(TrainingError) {
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .training, extents: extents, into: &graph)
      let terms = try ObjectiveGraph(objectives, on: built, of: model, batch: batch, in: &graph)
      let targets = moving.map { built.parameters[model.learnedIndices[$0]] }
      switch curvature {
      case .products(let matrix):
        let directions = targets.enumerated().map { place, target in
          graph.input("direction \(place)", graph.type(of: target))
        }
        self.directions = directions
        results =
          matrix == .hessian
          ? try graph.hessianProducts(
            of: terms.total, withRespectTo: targets, along: directions)
          : try graph.gaussNewtonProducts(
            of: terms.total, through: objectives.map { built.outputs[$0.output] },
            withRespectTo: targets, along: directions)
      case .factors(let isEmpirical, let largest):
        directions = []
        let maps = graph.affineMaps(of: targets).filter { $0.fits(largest) }
        results = try graph.factors(
          of: maps, batch: batch,
          by: isEmpirical ? nil : objectives.drawing(on: built, in: &graph), loss: terms.total)
      }
      plan = try Plan(graph, outputs: results)
      inputs = built.inputs
      self.objectives = terms
      random = graph.random
      parameters = built.parameters
      self.graph = built.graph
    } catch {
      throw TrainingError(.plan, error.description)
    }
  }
}

extension AffineMap {
  /// Whether neither factor has more rows.
  fileprivate func fits(_ largest: Int) -> Bool {
    max(width + (bias == nil ? 0 : 1), units) <= largest
  }
}

extension Model {
  /// The layers whose factors a solver asks for, in the order of a plan's.
  ///
  /// - Parameter moving: places among the learned parameters.
  func factoredLayers(
    _ curvature: Curvature?, moving: [Int]
  ) throws(TrainingError) -> [SolverSetting.Layer] {
    guard case .factors(_, let largest)? = curvature else { return [] }
    do throws(GraphError) {
      var graph = Graph()
      let built = try build(batch: 1, mode: .training, extents: .nominal, into: &graph)
      let targets = moving.map { built.parameters[learnedIndices[$0]] }
      return graph.affineMaps(of: targets).filter { $0.fits(largest) }.compactMap { map in
        targets.firstIndex(of: map.weight).map { weight in
          SolverSetting.Layer(
            weight: weight, bias: map.bias.flatMap { targets.firstIndex(of: $0) },
            units: map.units, width: map.width)
        }
      }
    } catch {
      throw TrainingError(.plan, error.description)
    }
  }
}

extension [Objective] {
  /// A scalar whose gradient at the outputs is a draw with the moments of the Fisher matrix, for each example by itself.
  ///
  /// - Throws: `GraphError.notDifferentiable` for a loss that isn't a likelihood whose draws are known.
  fileprivate func drawing(
    on parts: Model.Parts, in graph: inout Graph
  ) throws(GraphError) -> Value {
    var total: Value?
    for objective in self {
      let output = parts.outputs[objective.output]
      graph.scope = "fisher"
      let zeros = try graph.scale(graph.stopGradient(output), by: 0)
      let noise = try graph.gaussianNoise(
        zeros, deviation: 1, stream: "fisher of \(objective.name)")
      guard
        let draws = try objective.loss.fisherDraws(output: output, noise: noise, in: &graph)
      else {
        throw GraphError(
          .notDifferentiable,
          "\(type(of: objective.loss).type) with these members isn't a likelihood that gradients are drawn from; "
            + "say \"fisher\": \"empirical\"",
          rule:
            "sampled factors are for plain cross_entropy, binary_cross_entropy and mean_squared_error"
        )
      }
      let scaled = try graph.scale(draws, by: objective.weight.value.squareRoot())
      let product = try graph.sum(graph.multiply(output, graph.stopGradient(scaled)))
      total =
        try total.map { before throws(GraphError) in try graph.add(before, product) } ?? product
    }
    return total ?? graph.scalar(0)
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

  /// For each map `E[a aᵀ]` of its inputs, with a 1 where it has a bias, and `E[s sᵀ]` of gradients at its outputs.
  ///
  /// A map at several places of an example, as a convolution's, has the sum over them in the first and the mean in the second.
  ///
  /// - Parameters:
  ///   - drawing: whose gradient is `s` of each example; `nil` for that of the loss, a mean over the batch.
  fileprivate mutating func factors(
    of maps: [AffineMap], batch: Int, by drawing: Value?, loss: Value
  ) throws(GraphError) -> [Value] {
    let gradients = try gradients(of: drawing ?? loss, withRespectTo: maps.map(\.output))
    var factors: [Value] = []
    for (map, gradient) in zip(maps, gradients) {
      scope = "factors"
      var inputs = try inputRows(of: map)
      let rows = shape(of: inputs)[0]
      if map.bias != nil {
        let ones = try broadcast(scalar(1), to: [rows, 1])
        inputs = try concatenate([inputs, ones], axis: 1)
      }
      let outputs = try outputRows(of: gradient, map)
      let share = drawing == nil ? Double(batch) * Double(batch) : 1
      factors.append(
        try scale(matmul(inputs, inputs, transposeLeft: true), by: 1 / Double(batch)))
      factors.append(
        try scale(matmul(outputs, outputs, transposeLeft: true), by: share / Double(rows)))
    }
    return factors
  }
}
