import Autodiff
import NeuralNetworks
import Tensors

/// A model's forward pass, losses and backward pass for one batch size, planned but without memory.
struct TrainingPlan {
  /// What outlives a pass beside losses and gradients.
  struct Observation: Hashable {
    /// Each layer's output and the gradient there.
    var layers = false
    /// The products of the terms' own gradients, which take a backward pass a term.
    var terms = false

    static let none = Observation()
    static let all = Observation(layers: true, terms: true)
  }

  let plan: Plan
  /// One a model's input, as are the outputs.
  let inputs: [Value]
  let outputs: [Value]
  let objectives: ObjectiveGraph
  /// The penalties of the batch, beside the loss; `nil` when there are none.
  let penalty: Value?
  /// The random primitives' seed and step; `nil` when nothing is random.
  let random: Value?
  let parameters: [Value]
  /// One a learned parameter; none when the terms' own gradients are combined after the pass.
  let gradients: [Value]
  /// The derivatives of the sum with respect to the log variances.
  let logVarianceGradients: [Value]
  /// For each term its own gradients; empty unless they are combined after the pass.
  let termGradients: [[Value]]
  /// The products of the terms' gradients over all learned parameters; empty unless observed.
  let products: [TermProduct]
  /// For each term the squared norm of its gradient at the layer that GradNorm compares.
  let sharedSquaredNorms: [Value]
  /// Where the graph is; `nil` for a model on none.
  let graph: GraphParts?
  /// What layers hand on to the next pass: zeros before the first one.
  let states: [(name: String, value: Value, shape: Shape)]
  /// What becomes of running statistics and states after the pass.
  let updates: [(state: Value, value: Value, bytes: Int)]
  /// Empty unless observed.
  let layers: [(name: String, shape: Shape, output: Value, gradient: Value)]

  /// - Parameters:
  ///   - shared: the learned parameters at which GradNorm compares gradients.
  ///   - penalties: what is made small beside the loss.
  ///   - extents: how large the graph is, for a model on one.
  ///   - isPlain: whether the plan has a step for each operation, with inputs that stay as they were.
  ///   - recomputation: whether activations are kept or computed again.
  init(
    model: Model, objectives: [Objective], balance: LossBalance = .fixed, shared: [Int] = [],
    penalties: GraphPenalties = .none, batch: Int, extents: GraphExtents = .nominal,
    observation: Observation = .none,
    isPlain: Bool = false, recomputation: Recomputation = .none
  ) throws(TrainingError) {
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(
        batch: batch, mode: .training, extents: extents, into: &graph)
      let terms = try ObjectiveGraph(
        objectives, balance: balance, on: built, of: model, batch: batch, in: &graph)
      let penalty = try penalties.build(on: built, loss: terms.total, in: &graph)
      let minimized =
        try penalty.map { penalty throws(GraphError) in try graph.add(terms.total, penalty) }
        ?? terms.total
      let observed = observation.layers ? built.layerOutputs : []
      let learned = model.learnedIndices.map { built.parameters[$0] }
      let own = balance == .conflictFree ? [] : learned
      let derivatives = try graph.gradients(
        of: minimized, withRespectTo: own + terms.logVariances + observed.map(\.value))
      var termGradients: [[Value]] = []
      var sharedSquaredNorms: [Value] = []
      for loss in terms.losses {
        if balance == .conflictFree {
          termGradients.append(try graph.gradients(of: loss, withRespectTo: learned))
        }
        if case .gradNorm = balance {
          let parameters = shared.map { learned[$0] }
          sharedSquaredNorms.append(
            try graph.squaredNorm(ofGradientOf: loss, withRespectTo: parameters))
        }
      }
      let products =
        observation.terms && balance != .conflictFree
        ? try graph.products(ofGradientsOf: terms.losses, withRespectTo: learned) : []
      let updates = graph.updates
      var options = isPlain ? Plan.Options.none : Plan.Options()
      options.takesOver = !isPlain
      options.recomputation = recomputation
      plan = try Plan(
        graph,
        outputs: terms.losses + (penalty.map { [$0] } ?? []) + terms.batchWeights.compactMap(\.self)
          + built.outputs + derivatives
          + termGradients.flatMap(\.self) + products.map(\.value) + sharedSquaredNorms
          + observed.map(\.value) + updates.map(\.value),
        options: options)
      inputs = built.inputs
      outputs = built.outputs
      self.objectives = terms
      self.penalty = penalty
      random = graph.random
      parameters = built.parameters
      states = graph.states.map { ($0.name, $0.value, graph.type(of: $0.value).shape) }
      self.graph = built.graph
      self.updates = updates.map { ($0.state, $0.value, graph.type(of: $0.value).byteCount) }
      gradients = Array(derivatives.prefix(own.count))
      logVarianceGradients = Array(
        derivatives.dropFirst(own.count).prefix(terms.logVariances.count))
      self.termGradients = termGradients
      self.products = products
      self.sharedSquaredNorms = sharedSquaredNorms
      layers = zip(observed, derivatives.suffix(observed.count)).map {
        ($0.layer, graph.type(of: $0.value).shape, $0.value, $1)
      }
    } catch {
      throw TrainingError(.plan, error.description)
    }
  }
}

/// `g_i · g_j` of the gradients of two terms; of one term with itself its squared norm.
struct TermProduct {
  let first: Int
  let second: Int
  let value: Value
}

extension Graph {
  /// The products of the gradients of several scalars, of each with itself and with those after it; pairs that
  /// share no parameter are left out, for theirs is 0.
  fileprivate mutating func products(
    ofGradientsOf losses: [Value], withRespectTo parameters: [Value]
  ) throws(GraphError) -> [TermProduct] {
    var gradients: [[Int: Value]] = []
    for loss in losses {
      let sources = sources(of: loss)
      // What the loss doesn't depend on has zeros that nobody need multiply.
      let reached = parameters.indices.filter { sources.contains(parameters[$0]) }
      let found = try self.gradients(of: loss, withRespectTo: reached.map { parameters[$0] })
      gradients.append(Dictionary(uniqueKeysWithValues: zip(reached, found)))
    }
    var products: [TermProduct] = []
    for first in losses.indices {
      for second in losses.indices where second >= first {
        var pairs: [(Value, Value)] = []
        for index in parameters.indices {
          if let one = gradients[first][index], let other = gradients[second][index] {
            pairs.append((one, other))
          }
        }
        if let value = try sumOfProducts(pairs) {
          products.append(TermProduct(first: first, second: second, value: value))
        }
      }
    }
    return products
  }

  /// The sum of the squares of all of a scalar's derivatives.
  fileprivate mutating func squaredNorm(
    ofGradientOf loss: Value, withRespectTo parameters: [Value]
  ) throws(GraphError) -> Value {
    let sources = sources(of: loss)
    let reached = parameters.filter { sources.contains($0) }
    let pairs = try gradients(of: loss, withRespectTo: reached).map { ($0, $0) }
    if let total = try sumOfProducts(pairs) { return total }
    // No two outputs of a plan may be one value.
    return try scale(loss, by: 0)
  }

  private mutating func sumOfProducts(
    _ pairs: [(Value, Value)]
  ) throws(GraphError) -> Value? {
    var total: Value?
    for (one, other) in pairs {
      let product = one == other ? try square(one) : try multiply(one, other)
      var part = try sum(product)
      if let sum = total { part = try add(sum, part) }
      total = part
    }
    return total
  }
}
