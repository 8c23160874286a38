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
  /// `[N, …]`, to be filled before a pass.
  let inputs: UnsafeMutablePointer<Float>
  /// As the loss wants them, to be filled before a pass.
  let targets: UnsafeMutableRawPointer
  let outputs: UnsafeMutablePointer<Float>
  /// Empty unless observed.
  let layers: [ObservedLayer]
  let plannedBytes: Int
  private let loss: UnsafeMutablePointer<Float>
  private let executor: Executor

  /// - Parameter random: seed and step, two words each.
  init(
    _ parts: TrainingPlan, batch: Int, parameters: ParameterStore, gradients: ParameterStore,
    random: UnsafeMutablePointer<Int32>, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for index in parts.parameters.indices {
      bindings[parts.parameters[index]] = parameters.pointer(index)
      bindings[parts.gradients[index]] = gradients.pointer(index)
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
    inputs = floats(parts.input)
    targets = executor.pointer(to: parts.target)
    outputs = floats(parts.output)
    loss = floats(parts.loss)
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

  /// Runs the pass; answers the mean loss of the batch.
  func run() -> Double {
    executor.run()
    return Double(loss.pointee)
  }
}
