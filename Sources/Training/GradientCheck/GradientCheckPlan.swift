import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// A model with its loss in float64: one plan for loss and gradients, one for the loss alone.
struct GradientCheckPlan {
  let model: Model
  let batch: Int
  let objectives: [Objective]
  private let backward: Plan
  private let forward: Plan
  /// What the gradients take for constants, in the forward plan an input.
  private let held: [(value: Value, byteCount: Int)]
  /// Computes that; `nil` where there is nothing of the kind.
  private let holding: Plan?
  private let inputs: [Value]
  private let targets: [(value: Value, type: TensorType)]
  private let random: Value?
  private let loss: Value
  private let parameters: [Value]
  private let gradients: [Value]
  /// What the graph's inputs hold, for a model on one.
  private let graph: [(value: Value, tensor: Tensor)]

  init(
    model: Model, objectives: [Objective], batch: Int, source: GraphSource? = nil
  ) throws(GraphError) {
    var graph = Graph(element: .float64)
    let built = try model.build(
      batch: batch, mode: .training, extents: source?.extents ?? .nominal, into: &graph)
    let terms = try ObjectiveGraph(
      objectives, on: built, of: model, batch: batch, in: &graph)
    targets = terms.targets.map { ($0, graph.type(of: $0)) }
    loss = terms.total
    gradients = try graph.gradients(
      of: self.loss, withRespectTo: model.learnedIndices.map { built.parameters[$0] })
    backward = try Plan(graph, outputs: [self.loss] + gradients)
    let (still, held) = graph.holdingStopped()
    forward = try Plan(still, outputs: [self.loss])
    holding = held.isEmpty ? nil : try Plan(graph, outputs: held)
    self.held = held.map { ($0, graph.type(of: $0).byteCount) }
    inputs = built.inputs
    random = graph.random
    parameters = built.parameters
    self.graph = built.graph.flatMap { source?.contents($0) } ?? []
    self.model = model
    self.batch = batch
    self.objectives = objectives
  }

  /// Elements of each objective's targets.
  var targetCounts: [Int] { targets.map { $0.type.shape.count } }

  /// What a check holds at once.
  var bytes: Int { backward.peakBytes + forward.arenaBytes + (holding?.arenaBytes ?? 0) }

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
    if let holding {
      let values = try self.executor(holding, contents, store)
      values.run()
      for (value, byteCount) in held {
        executor.place(of: value)?.copyMemory(
          from: values.pointer(to: value), byteCount: byteCount)
      }
    }
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
    for (index, input) in inputs.enumerated() {
      if let place = executor.place(of: input) { contents.writeInput(index, to: place) }
    }
    for (value, tensor) in graph {
      if let place = executor.place(of: value) { GradientCheckContents.write(tensor, to: place) }
    }
    for (index, target) in targets.enumerated() {
      if let place = executor.place(of: target.value) {
        contents.writeTargets(index, to: place, as: target.type)
      }
    }
    if let random, let place = executor.place(of: random) { contents.writeRandom(to: place) }
    return executor
  }
}
