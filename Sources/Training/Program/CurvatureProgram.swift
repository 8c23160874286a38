import Autodiff
import Kernels
import NeuralNetworks
import Optimizers
import Tensors

/// What a solver asks of a batch's curvature, ready to run; what it reads and leaves are the solver's own vectors.
///
/// What is in the slots is there until another program of the run is used.
final class CurvatureProgram {
  let batch: Int
  let slots: BatchSlots
  let plannedBytes: Int
  private let executor: Executor
  /// Kept because the executor reads it.
  private let source: GraphSource?

  /// - Parameters:
  ///   - parameters: all of the model's.
  ///   - direction: along which it's measured, and `product` what that comes to.
  ///   - random: seed and step, two words each.
  ///   - source: the graph, for a model on one.
  ///   - arena: where it computes, in turn with other programs.
  init(
    _ parts: CurvaturePlan, batch: Int, parameters: ParameterStore, direction: ParameterStore,
    product: ParameterStore, random: UnsafeMutablePointer<Int32>, balancer: TermBalancer,
    source: GraphSource?, arena: SharedArena, team: ThreadTeam
  ) throws(TrainingError) {
    self.batch = batch
    self.source = source
    var bindings = parts.graph.flatMap { source?.bindings($0) } ?? [:]
    for (index, value) in parts.parameters.enumerated() {
      bindings[value] = parameters.pointer(index)
    }
    for (index, value) in parts.directions.enumerated() {
      bindings[value] = direction.pointer(index)
    }
    for (index, value) in parts.results.enumerated() { bindings[value] = product.pointer(index) }
    for (index, weight) in parts.objectives.weights.enumerated() {
      if let weight { bindings[weight] = UnsafeMutableRawPointer(balancer.weights + index) }
    }
    if let slot = parts.random { bindings[slot] = UnsafeMutableRawPointer(random) }
    do {
      executor = try Executor(plan: parts.plan, bindings: bindings, team: team, sharing: arena)
      slots = BatchSlots(
        inputs: parts.inputs.map(executor.pointer(to:)),
        targets: parts.objectives.targets.map(executor.pointer(to:)))
      plannedBytes = parts.plan.arenaBytes
      try executor.checkInputs()
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  func run() { executor.run() }
}
