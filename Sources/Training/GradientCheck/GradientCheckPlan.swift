import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// A model with its loss in float64: one plan for loss and gradients, one for the loss alone.
struct GradientCheckPlan {
  let model: Model
  let batch: Int
  let encoding: TargetEncoding
  private let backward: Plan
  private let forward: Plan
  private let input: Value
  private let target: (value: Value, type: TensorType)
  private let random: Value?
  private let loss: Value
  private let parameters: [Value]
  private let gradients: [Value]

  init(
    model: Model, loss: any Loss, encoding: TargetEncoding, batch: Int
  ) throws(GraphError) {
    var graph = Graph(element: .float64)
    let built = try model.build(batch: batch, mode: .training, into: &graph)
    graph.scope = "loss"
    let type = loss.targetType(
      batch: batch, output: model.outputShape, encoding: encoding, element: .float64)
    target = (graph.input("targets", type), type)
    self.loss = try loss.build(output: built.output, target: target.value, in: &graph)
    gradients = try graph.gradients(
      of: self.loss, withRespectTo: model.learnedIndices.map { built.parameters[$0] })
    backward = try Plan(graph, outputs: [self.loss] + gradients)
    forward = try Plan(graph, outputs: [self.loss])
    input = built.input
    random = graph.random
    parameters = built.parameters
    self.model = model
    self.batch = batch
    self.encoding = encoding
  }

  /// What a check holds at once.
  var bytes: Int { backward.peakBytes + forward.arenaBytes }

  /// The derivatives of the loss with respect to every parameter, one array each.
  func analyticGradients(
    _ contents: GradientCheckContents, _ store: ParameterStore
  ) throws(GraphError) -> [[Double]] {
    let executor = try executor(backward, contents, store)
    executor.run()
    // The pointers into its arena don't keep it.
    defer { withExtendedLifetime(executor) {} }
    return zip(gradients, model.learnedParameters.map(\.shape)).map { gradient, shape in
      let pointer = executor.pointer(to: gradient).assumingMemoryBound(to: Double.self)
      return Array(UnsafeBufferPointer(start: pointer, count: shape.count))
    }
  }

  /// A forward pass: the loss as a function of what `store`, which it keeps, holds then.
  func loss(
    _ contents: GradientCheckContents, _ store: ParameterStore
  ) throws(GraphError) -> () -> Double {
    let executor = try executor(forward, contents, store)
    let result = executor.pointer(to: loss).assumingMemoryBound(to: Double.self)
    return {
      withExtendedLifetime((executor, store)) {
        executor.run()
        return result.pointee
      }
    }
  }

  private func executor(
    _ plan: Plan, _ contents: GradientCheckContents, _ store: ParameterStore
  ) throws(GraphError) -> Executor {
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for (index, parameter) in parameters.enumerated() { bindings[parameter] = store.pointer(index) }
    let executor = try Executor(plan: plan, bindings: bindings, team: ThreadTeam(threads: 1))
    if let place = executor.place(of: input) { contents.writeInputs(to: place) }
    if let place = executor.place(of: target.value) {
      contents.writeTargets(to: place, as: target.type)
    }
    if let random, let place = executor.place(of: random) { contents.writeRandom(to: place) }
    return executor
  }
}
