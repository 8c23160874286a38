import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// One step's forward and backward pass for one batch size, planned and ready to run.
///
/// The parameters and gradients lie in the stores of the engine; all programs of a run share them.
/// The slots' memory belongs to the executor and lives as long as the program.
final class TrainingProgram {
  /// A layer's output and the loss's gradient with respect to it, held until the pass ends.
  struct ObservedLayer {
    let name: String
    let shape: Shape
    let output: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>
  }

  let batch: Int
  let slots: BatchSlots
  /// One a model's output.
  let outputs: [UnsafeMutablePointer<Float>]
  /// Empty unless observed.
  let layers: [ObservedLayer]
  let plannedBytes: Int
  private let losses: [UnsafeMutablePointer<Float>]
  private let weightOfBatch: UnsafeMutablePointer<Float>?
  private let executor: Executor
  private let updates:
    [(state: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer, bytes: Int)]

  /// - Parameters:
  ///   - parameters: all of the model's.
  ///   - gradients: of those that are learned.
  ///   - states: what layers hand on from pass to pass, as the plan lists it.
  ///   - random: seed and step, two words each.
  init(
    _ parts: TrainingPlan, batch: Int, parameters: ParameterStore, gradients: ParameterStore,
    states: ParameterStore, random: UnsafeMutablePointer<Int32>, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
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
    if let slot = parts.random { bindings[slot] = UnsafeMutableRawPointer(random) }
    do {
      executor = try Executor(plan: parts.plan, bindings: bindings, team: team)
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
      targets: parts.targets.map(executor.pointer(to:)))
    outputs = parts.outputs.map(floats)
    losses = parts.losses.map(floats)
    weightOfBatch = parts.weight.map(floats)
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

  /// The plan's kernels with the mean time of each over some passes, and those of what else a step does.
  func explain(passes: Int, besides others: [(name: String, time: Duration)]) -> String {
    executor.plan.explain(executor.profile(runs: passes), besides: others)
  }

  /// What the batch run last weighs in a mean over batches.
  var weight: Double { weightOfBatch.map { Double($0.pointee) } ?? Double(batch) }

  /// Runs the pass; answers the mean loss of the batch.
  func run() -> Double {
    executor.run()
    for update in updates { update.state.copyMemory(from: update.value, byteCount: update.bytes) }
    var total = 0.0
    for index in losses.indices { total += Double(losses[index].pointee) }
    return total
  }
}
