import Autodiff
import Kernels
import NeuralNetworks
import Tensors

/// A forward pass for one batch size, with the loss when there are targets to compare with.
final class InferenceProgram {
  let batch: Int
  let inputs: UnsafeMutableRawPointer
  let outputs: UnsafeMutablePointer<Float>
  /// `nil` without a loss.
  let targets: UnsafeMutableRawPointer?
  let plannedBytes: Int
  private let loss: UnsafeMutablePointer<Float>?
  private let executor: Executor

  init(
    model: Model, loss: (loss: any Loss, encoding: TargetEncoding)?, batch: Int,
    parameters: ParameterStore, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    do {
      var graph = Graph()
      let built = try model.build(batch: batch, mode: .inference, into: &graph)
      var results = [built.output]
      var target: Value?
      if let (loss, encoding) = loss {
        graph.scope = "loss"
        let type = loss.targetType(batch: batch, output: model.outputShape, encoding: encoding)
        let slot = graph.input("targets", type)
        target = slot
        results.append(try loss.build(output: built.output, target: slot, in: &graph))
      }
      var bindings: [Value: UnsafeMutableRawPointer] = [:]
      for (index, parameter) in built.parameters.enumerated() {
        bindings[parameter] = parameters.pointer(index)
      }
      let plan = try Plan(graph, outputs: results)
      let executor = try Executor(plan: plan, bindings: bindings, team: team)
      inputs = executor.pointer(to: built.input)
      outputs = executor.pointer(to: built.output).assumingMemoryBound(to: Float.self)
      targets = target.map { executor.pointer(to: $0) }
      self.loss =
        target == nil
        ? nil : executor.pointer(to: results[1]).assumingMemoryBound(to: Float.self)
      plannedBytes = plan.arenaBytes
      try executor.checkInputs()
      self.executor = executor
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// Runs the pass; answers the mean loss of the batch, 0 without a loss.
  @discardableResult
  func run() -> Double {
    executor.run()
    return loss.map { Double($0.pointee) } ?? 0
  }
}
