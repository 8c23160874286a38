import Autodiff
import NeuralNetworks
import Tensors

/// A model's forward pass, losses and backward pass for one batch size, planned but without memory.
struct TrainingPlan {
  let plan: Plan
  /// One a model's input, as are the outputs.
  let inputs: [Value]
  let outputs: [Value]
  /// One an objective.
  let targets: [Value]
  let losses: [Value]
  /// What the batch weighs in a mean over batches; `nil` for its number of examples.
  let weight: Value?
  /// The random primitives' seed and step; `nil` when nothing is random.
  let random: Value?
  let parameters: [Value]
  /// One a learned parameter.
  let gradients: [Value]
  /// What layers hand on to the next pass: zeros before the first one.
  let states: [(name: String, value: Value, shape: Shape)]
  /// What becomes of running statistics and states after the pass.
  let updates: [(state: Value, value: Value, bytes: Int)]
  /// Empty unless observed.
  let layers: [(name: String, shape: Shape, output: Value, gradient: Value)]

  /// - Parameters:
  ///   - observesLayers: whether each layer's output and the gradient there outlive the pass.
  ///   - recomputation: whether activations are kept or computed again.
  init(
    model: Model, objectives: [Objective], batch: Int, observesLayers: Bool,
    recomputation: Recomputation = .none
  ) throws(TrainingError) {
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .training, into: &graph)
      let terms = try objectives.build(on: built.outputs, of: model, batch: batch, in: &graph)
      var total = terms[0].loss
      for term in terms.dropFirst() { total = try graph.add(total, term.loss) }
      let observed = observesLayers ? built.layerOutputs : []
      let learned = model.learnedIndices.map { built.parameters[$0] }
      let derivatives = try graph.gradients(
        of: total, withRespectTo: learned + observed.map(\.value))
      let updates = graph.updates
      var options = Plan.Options()
      options.recomputation = recomputation
      // Of several losses each has weights of its own, and their sum has none.
      weight = terms.count == 1 ? terms[0].weight : nil
      plan = try Plan(
        graph,
        outputs: terms.map(\.loss) + (weight.map { [$0] } ?? []) + built.outputs + derivatives
          + observed.map(\.value)
          + updates.map(\.value),
        options: options)
      inputs = built.inputs
      outputs = built.outputs
      targets = terms.map(\.target)
      losses = terms.map(\.loss)
      random = graph.random
      parameters = built.parameters
      states = graph.states.map { ($0.name, $0.value, graph.type(of: $0.value).shape) }
      self.updates = updates.map { ($0.state, $0.value, graph.type(of: $0.value).byteCount) }
      gradients = Array(derivatives.prefix(learned.count))
      layers = zip(observed, derivatives.dropFirst(learned.count)).map {
        ($0.layer, graph.type(of: $0.value).shape, $0.value, $1)
      }
    } catch {
      throw TrainingError(.plan, error.description)
    }
  }
}
