import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// A forward pass for one batch size, with the losses when there are targets to compare with.
final class InferenceProgram {
  let batch: Int
  /// Without objectives there are no targets.
  let slots: BatchSlots
  /// One a model's output.
  let outputs: [UnsafeMutablePointer<Float>]
  let plannedBytes: Int
  private let losses: [UnsafeMutablePointer<Float>]
  /// What the batch weighs in each; `nil` for its number of examples.
  private let weights: [UnsafeMutablePointer<Float>?]
  /// What becomes of states after a pass, if they are handed on.
  private let updates:
    [(state: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer, bytes: Int)]
  private let executor: Executor
  /// Kept because the executor reads it.
  private let source: GraphSource?

  /// Stateful layers begin with 0 in each pass; with objectives, where the pass before ended.
  ///
  /// - Parameters:
  ///   - source: the graph, for a model on one.
  ///   - arena: where the pass computes, in turn with others; with objectives only.
  init(
    model: Model, objectives: [Objective], batch: Int, parameters: ParameterStore,
    source: GraphSource? = nil, arena: SharedArena? = nil, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    self.source = source
    do {
      var graph = Graph()
      let built = try model.build(
        batch: batch, mode: .inference, extents: source?.extents ?? .nominal, into: &graph)
      let terms = try objectives.build(on: built, of: model, batch: batch, in: &graph)
      var bindings = built.graph.flatMap { source?.bindings($0) } ?? [:]
      for (index, parameter) in built.parameters.enumerated() {
        bindings[parameter] = parameters.pointer(index)
      }
      let carried = terms.isEmpty ? [] : graph.updates
      let plan = try Plan(
        graph,
        outputs: built.outputs + terms.map(\.loss) + terms.compactMap(\.weight)
          + carried.map(\.value))
      let executor = try Executor(plan: plan, bindings: bindings, team: team, sharing: arena)
      func floats(_ value: Value) -> UnsafeMutablePointer<Float> {
        executor.pointer(to: value).assumingMemoryBound(to: Float.self)
      }
      slots = BatchSlots(
        inputs: built.inputs.map(executor.pointer(to:)),
        targets: terms.map { executor.pointer(to: $0.target) })
      outputs = built.outputs.map(floats)
      losses = terms.map { floats($0.loss) }
      weights = terms.map { $0.weight.map(floats) }
      // The arena is zeros at first, and no pass writes to inputs.
      for state in graph.states { _ = executor.place(of: state.value) }
      updates = carried.map { update in
        (
          executor.pointer(to: update.state), executor.pointer(to: update.value),
          graph.type(of: update.value).byteCount
        )
      }
      plannedBytes = plan.arenaBytes
      try executor.checkInputs()
      self.executor = executor
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  func run() {
    executor.run()
    for update in updates { update.state.copyMemory(from: update.value, byteCount: update.bytes) }
  }

  /// The mean loss of the batch run last by one of the objectives, unweighted.
  func loss(_ objective: Int) -> Double { Double(losses[objective].pointee) }

  /// What the batch run last weighs in a mean over batches.
  func weight(_ objective: Int) -> Double {
    weights[objective].map { Double($0.pointee) } ?? Double(batch)
  }

  /// Makes stateful layers begin anew.
  func resetStates() {
    for update in updates {
      update.state.initializeMemory(as: UInt8.self, repeating: 0, count: update.bytes)
    }
  }
}
