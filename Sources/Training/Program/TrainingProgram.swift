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

  /// - Parameter observesLayers: whether what happens at each layer's output can be read after a pass.
  init(
    model: Model, loss: any Loss, encoding: TargetEncoding, batch: Int,
    parameters: ParameterStore, gradients: ParameterStore, random: UnsafeMutablePointer<Int32>,
    team: ThreadTeam, observesLayers: Bool
  ) throws(TrainingError) {
    self.batch = batch
    do {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .training, into: &graph)
      graph.scope = "loss"
      let targetType = loss.targetType(batch: batch, output: model.outputShape, encoding: encoding)
      let target = graph.input("targets", targetType)
      let value = try loss.build(output: built.output, target: target, in: &graph)
      let observed = observesLayers ? built.layerOutputs : []
      let derivatives = try graph.gradients(
        of: value, withRespectTo: built.parameters + observed.map(\.value))
      let plan = try Plan(
        graph, outputs: [value, built.output] + derivatives + observed.map(\.value))
      var bindings: [Value: UnsafeMutableRawPointer] = [:]
      for index in built.parameters.indices {
        bindings[built.parameters[index]] = parameters.pointer(index)
        bindings[derivatives[index]] = gradients.pointer(index)
      }
      if let slot = graph.random { bindings[slot] = UnsafeMutableRawPointer(random) }
      let executor = try Executor(plan: plan, bindings: bindings, team: team)
      func floats(_ value: Value) -> UnsafeMutablePointer<Float> {
        executor.pointer(to: value).assumingMemoryBound(to: Float.self)
      }
      inputs = floats(built.input)
      targets = executor.pointer(to: target)
      outputs = floats(built.output)
      self.loss = floats(value)
      layers = observed.enumerated().map { index, layer in
        ObservedLayer(
          name: layer.layer, shape: graph.type(of: layer.value).shape, output: floats(layer.value),
          gradient: floats(derivatives[built.parameters.count + index]))
      }
      plannedBytes = plan.arenaBytes
      self.executor = executor
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// Runs the pass; answers the mean loss of the batch.
  func run() -> Double {
    executor.run()
    return Double(loss.pointee)
  }
}
