import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// One step's forward and backward pass for one batch size, planned and ready to run.
///
/// The parameters and gradients lie in the stores of the engine; all programs of a run share them.
/// What is in the slots, and what a pass leaves, is there until another program of the run is used.
final class TrainingProgram {
  /// A layer's output and the loss's gradient with respect to it, held until the pass ends.
  struct ObservedLayer {
    let name: String
    let shape: Shape
    let output: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>
  }

  let batch: Int
  /// Steps of a sequence, when they are fewer than the data's.
  let length: Int?
  let slots: BatchSlots
  /// One a model's output.
  let outputs: [UnsafeMutablePointer<Float>]
  /// Empty unless observed.
  let layers: [ObservedLayer]
  let plannedBytes: Int
  /// The products of the terms' gradients; empty unless observed.
  let products: [(first: Int, second: Int, value: UnsafeMutablePointer<Float>)]
  /// The squared norms of the terms' gradients at the layer that GradNorm compares.
  let sharedSquaredNorms: [UnsafeMutablePointer<Float>]
  private let losses: [UnsafeMutablePointer<Float>]
  private let penaltyPlace: UnsafeMutablePointer<Float>?
  private let batchWeights: [UnsafeMutablePointer<Float>?]
  private let executor: Executor
  /// Kept because the executor reads it.
  private let source: GraphSource?
  private let updates:
    [(state: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer, bytes: Int)]

  /// - Parameters:
  ///   - length: steps of a sequence, when the plan is of a shortened model.
  ///   - parameters: all of the model's.
  ///   - gradients: of those that are learned.
  ///   - states: what layers hand on from pass to pass, as the plan lists it.
  ///   - random: seed and step, two words each.
  ///   - source: the graph, for a model on one.
  ///   - arena: where the pass computes, in turn with other programs.
  init(
    _ parts: TrainingPlan, batch: Int, length: Int? = nil, parameters: ParameterStore,
    gradients: ParameterStore,
    states: ParameterStore, random: UnsafeMutablePointer<Int32>, balancer: TermBalancer,
    source: GraphSource? = nil, arena: SharedArena, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    self.length = length
    self.source = source
    var bindings = parts.graph.flatMap { source?.bindings($0) } ?? [:]
    for index in parts.parameters.indices {
      bindings[parts.parameters[index]] = parameters.pointer(index)
    }
    for index in parts.gradients.indices {
      bindings[parts.gradients[index]] = gradients.pointer(index)
    }
    for (index, state) in parts.states.enumerated() {
      guard states.count > index, states.shapes[index] == state.shape else {
        throw TrainingError(
          .plan, "batches of several sizes can't hand on the state \(state.name) \(state.shape)")
      }
      bindings[state.value] = states.pointer(index)
    }
    for (index, weight) in parts.objectives.weights.enumerated() {
      if let weight { bindings[weight] = UnsafeMutableRawPointer(balancer.weights + index) }
    }
    for (index, value) in parts.objectives.logVariances.enumerated() {
      bindings[value] = balancer.logVariances.pointer(index)
      bindings[parts.logVarianceGradients[index]] = balancer.logVarianceGradients.pointer(index)
    }
    if let stores = balancer.termGradients?.stores {
      for (store, values) in zip(stores, parts.termGradients) {
        for (index, value) in values.enumerated() { bindings[value] = store.pointer(index) }
      }
    }
    if let slot = parts.random { bindings[slot] = UnsafeMutableRawPointer(random) }
    do {
      executor = try Executor(plan: parts.plan, bindings: bindings, team: team, sharing: arena)
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
    let executor = self.executor
    func floats(_ value: Value) -> UnsafeMutablePointer<Float> {
      executor.pointer(to: value).assumingMemoryBound(to: Float.self)
    }
    updates = parts.updates.map { update in
      (executor.pointer(to: update.state), executor.pointer(to: update.value), update.bytes)
    }
    slots = BatchSlots(
      inputs: parts.inputs.map(executor.pointer(to:)),
      targets: parts.objectives.targets.map(executor.pointer(to:)), length: length)
    outputs = parts.outputs.map(floats)
    losses = parts.objectives.losses.map(floats)
    penaltyPlace = parts.penalty.map(floats)
    batchWeights = parts.objectives.batchWeights.map { $0.map(floats) }
    products = parts.products.map { ($0.first, $0.second, floats($0.value)) }
    sharedSquaredNorms = parts.sharedSquaredNorms.map(floats)
    layers = parts.layers.map { layer in
      ObservedLayer(
        name: layer.name, shape: layer.shape, output: floats(layer.output),
        gradient: floats(layer.gradient))
    }
    plannedBytes = parts.plan.arenaBytes
    do {
      try executor.checkInputs()
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// Whether it is for passes of so many examples, of so many steps of a sequence.
  func fits(batch: Int, length: Int?) -> Bool {
    guard self.batch == batch else { return false }
    // Written out: a comparison of optionals allocates where nothing is specialized.
    switch (self.length, length) {
    case (let own?, let other?): return own == other
    case (nil, nil): return true
    default: return false
    }
  }

  /// The plan's kernels with the mean time of each over some passes, and those of what else a step does.
  func explain(passes: Int, besides others: [(name: String, time: Duration)]) -> String {
    executor.plan.explain(executor.profile(runs: passes), besides: others)
  }

  /// Runs the pass, after which the losses and gradients are there.
  func run() { executor.run() }

  /// Has running statistics and what layers hand on become what the pass made of them.
  func moveStates() {
    for update in updates { update.state.copyMemory(from: update.value, byteCount: update.bytes) }
  }

  /// Runs the pass and finds the first operation whose result isn't finite; see `Executor.examine()`.
  func examine() -> UnsoundOperation? { executor.examine() }

  /// The mean loss of the batch by one of the objectives, unweighted.
  func loss(_ objective: Int) -> Double { Double(losses[objective].pointee) }

  /// The penalties of the batch, which are no part of its losses.
  var penalty: Double { penaltyPlace.map { Double($0.pointee) } ?? 0 }

  /// What the batch run last weighs in a mean over batches by one of the objectives.
  func weight(_ objective: Int) -> Double {
    batchWeights[objective].map { Double($0.pointee) } ?? Double(batch)
  }

  /// The same for each objective.
  var weights: [Double] { losses.indices.map(weight) }

  /// The same for the sum of all: of several each has weights of its own, and the sum has none.
  var weight: Double { losses.count == 1 ? weight(0) : Double(batch) }
}
