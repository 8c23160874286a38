import Autodiff
import NeuralNetworks
import Tensors

/// A model's forward pass, loss and backward pass for one batch size, planned but without memory.
struct TrainingPlan {
  let plan: Plan
  let input: Value
  let target: Value
  let output: Value
  let loss: Value
  /// The random primitives' seed and step; `nil` when nothing is random.
  let random: Value?
  let parameters: [Value]
  /// One a learned parameter.
  let gradients: [Value]
  /// What becomes of running statistics after the pass.
  let updates: [(state: Value, value: Value, bytes: Int)]
  /// Empty unless observed.
  let layers: [(name: String, shape: Shape, output: Value, gradient: Value)]

  /// - Parameters:
  ///   - observesLayers: whether each layer's output and the gradient there outlive the pass.
  ///   - recomputation: whether activations are kept or computed again.
  init(
    model: Model, loss: any Loss, encoding: TargetEncoding, batch: Int, observesLayers: Bool,
    recomputation: Recomputation = .none
  ) throws(TrainingError) {
    do throws(GraphError) {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .training, into: &graph)
      graph.scope = "loss"
      let targetType = loss.targetType(batch: batch, output: model.outputShape, encoding: encoding)
      target = graph.input("targets", targetType)
      self.loss = try loss.build(output: built.output, target: target, in: &graph)
      let observed = observesLayers ? built.layerOutputs : []
      let learned = model.learnedIndices.map { built.parameters[$0] }
      let derivatives = try graph.gradients(
        of: self.loss, withRespectTo: learned + observed.map(\.value))
      let updates = graph.updates
      var options = Plan.Options()
      options.recomputation = recomputation
      plan = try Plan(
        graph,
        outputs: [self.loss, built.output] + derivatives + observed.map(\.value)
          + updates.map(\.value),
        options: options)
      input = built.input
      output = built.output
      random = graph.random
      parameters = built.parameters
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
