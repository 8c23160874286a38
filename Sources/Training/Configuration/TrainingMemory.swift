import Autodiff
import JSON
import NeuralNetworks
import Optimizers
import Tensors

/// How much memory a step may hold, and whether activations are recomputed: the `memory` object.
public struct TrainingMemory: Hashable, Sendable {
  public enum Recompute: String, Hashable, Sendable, CaseIterable {
    /// Blocks of the forward pass are computed again when a step doesn't fit the budget otherwise.
    case auto
    /// As many blocks as need the least memory.
    case blocks
    case none
  }

  public var recompute = Recompute.auto
  /// For parameters, gradients, the optimizer's memory and the arena of a step together.
  public var budgetBytes: Int?

  public init() {}

  init(_ reader: inout ObjectReader) {
    guard var part = reader.reader("memory") else { return }
    if let name = part.string("recompute") {
      if let known = Recompute(rawValue: name) {
        recompute = known
      } else {
        let all = Recompute.allCases.map(\.rawValue)
        part.fault(
          "recompute",
          "\"\(name.prefix(80))\" is unknown\(nearest(name, among: all)); "
            + "one of: \(all.joined(separator: ", "))")
      }
    }
    budgetBytes = part.integer("budget_bytes", in: 1...(1 << 50))
    reader.add(part.finish())
  }

  /// What the plan of a step is told, when other memory of the run has so many bytes.
  func recomputation(otherBytes: Int) -> Recomputation {
    switch recompute {
    case .none: .none
    case .blocks: .blocks
    case .auto: budgetBytes.map { .within(bytes: max(0, $0 - otherBytes)) } ?? .none
    }
  }
}

extension TrainingConfiguration {
  /// The same with a budget of no more than so many bytes.
  public func limited(toBytes bytes: Int) -> TrainingConfiguration {
    var limited = self
    limited.memory.budgetBytes = min(memory.budgetBytes ?? bytes, bytes)
    return limited
  }
}

extension Model {
  /// The bytes of parameters, gradients, and of slots as large as the parameters.
  private func stateBytes(slots: Int) -> Int {
    parameterCount * ElementType.float32.byteCount * (2 + slots)
  }

  /// The bytes of parameters, gradients, what the optimizer remembers and computes in, treated gradients, and the terms' own
  /// gradients where those are combined.
  public func stateBytes(_ configuration: TrainingConfiguration) -> Int {
    let one = parameterCount * ElementType.float32.byteCount
    let terms =
      configuration.losses.balance == .conflictFree ? configuration.losses.terms.count : 0
    let copies =
      2 + terms + (configuration.accumulate > 1 ? 1 : 0) + (configuration.treatment.copies ? 1 : 0)
      + (configuration.optimizer.ascent == nil ? 0 : 1) + (configuration.average == nil ? 0 : 1)
      + (configuration.optimizers.solving == nil ? 0 : SolverStep.copies)
    return one * copies + optimizerBytes(configuration)
  }

  /// The bytes of what the optimizer remembers and computes in.
  func optimizerBytes(_ configuration: TrainingConfiguration) -> Int {
    // What no machine holds isn't looked at closely.
    guard parameterCount < 1 << 40 else { return parameterCount * ElementType.float32.byteCount }
    let learned = learnedParameters
    let choice = configuration.optimizers
    if let solving = choice.solving {
      return solving.bytes(of: learned.map(\.shape), element: .float32)
    }
    let groups = choice.assignment(learned.map { ($0.layer, $0.name) })
    var bytes = 0
    for (place, group) in [(nil, nil)] + choice.groups.enumerated().map({ ($0, $1) }) {
      guard group?.isFrozen != true else { continue }
      let shapes = learned.indices.filter { groups[$0] == place }.map { learned[$0].shape }
      bytes += (group?.optimizer ?? choice.base).memoryBytes(of: shapes)
    }
    return bytes
  }

  /// The memory that a step of this training holds, in bytes.
  ///
  /// - Parameters:
  ///   - extents: how large the graph is, for a model on one.
  ///   - observed: whether probes look at every layer in it; then nothing is computed again to save memory.
  /// - Throws: `TrainingError.plan`, also when it can't be brought within the budget.
  public func trainingBytes(
    _ configuration: TrainingConfiguration, extents: GraphExtents = .nominal,
    observed: Bool = false
  ) throws(TrainingError) -> Int {
    let step = try trainingBytes(
      batch: configuration.batchSize, extents: extents, state: stateBytes(configuration),
      memory: observed ? TrainingMemory() : configuration.memory, losses: configuration.losses,
      regularization: configuration.regularization,
      observation: observed
        ? TrainingPlan.Observation(layers: true, terms: configuration.losses.terms.count > 1)
        : .none)
    guard let curvature = configuration.optimizers.solving?.curvature else { return step }
    return max(
      step,
      try curvatureBytes(curvature, configuration, extents) + stateBytes(configuration))
  }

  /// What a look at the curvature of a batch holds, without parameters and vectors.
  private func curvatureBytes(
    _ curvature: Curvature, _ configuration: TrainingConfiguration, _ extents: GraphExtents
  ) throws(TrainingError) -> Int {
    do {
      return try CurvaturePlan(
        curvature, model: self, objectives: plainObjectives(configuration.losses),
        moving: movingPlaces(configuration), batch: configuration.batchSize, extents: extents
      ).plan.arenaBytes
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// The places among the learned parameters of those that no group holds still.
  func movingPlaces(_ configuration: TrainingConfiguration) -> [Int] {
    let firstSteps = configuration.optimizers.firstSteps(
      learnedParameters.map { ($0.layer, $0.name) }, perEpoch: 1)
    return firstSteps.indices.filter { firstSteps[$0] < .max }
  }

  /// The memory that a step holds: the plan's, parameters, gradients and the optimizer's slots, in bytes.
  ///
  /// - Parameter slots: how many arrays the optimizer keeps for each parameter; Adam two.
  /// - Throws: `TrainingError.plan`.
  public func trainingBytes(batch: Int, slots: Int = 2) throws(TrainingError) -> Int {
    try trainingBytes(
      batch: batch, extents: .nominal, state: stateBytes(slots: slots), memory: TrainingMemory(),
      losses: nil,
      regularization: .none,
      observation: .none)
  }

  private func trainingBytes(
    batch: Int, extents: GraphExtents, state: Int, memory: TrainingMemory, losses: LossTerms?,
    regularization: Regularization,
    observation: TrainingPlan.Observation
  ) throws(TrainingError) -> Int {
    let balance: LossBalance = losses?.balance == .conflictFree ? .conflictFree : .fixed
    do {
      let objectives = try plainObjectives(losses)
      let plan = try TrainingPlan(
        model: self, objectives: objectives, balance: balance,
        penalties: regularization.graphPenalties(on: self), batch: batch, extents: extents,
        observation: observation,
        recomputation: memory.recomputation(otherBytes: state))
      return plan.plan.arenaBytes + state
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// The memory that a pass of an evaluation holds, without parameters, in bytes.
  ///
  /// - Throws: `TrainingError.plan`.
  func evaluationBytes(batch: Int, losses: LossTerms) throws(TrainingError) -> Int {
    do {
      var graph = Graph()
      let built = try build(batch: batch, mode: .inference, extents: .nominal, into: &graph)
      let terms = try plainObjectives(losses).build(on: built, of: self, batch: batch, in: &graph)
      return try Plan(graph, outputs: built.outputs + terms.map(\.loss)).arenaBytes
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.plan, "\(error)")
    }
  }

  /// One for each output that a loss is of. Which losses they are decides a few bytes; this one takes any output.
  private func plainObjectives(_ losses: LossTerms?) throws -> [Objective] {
    let found = losses?.terms.compactMap { term in
      term.output.flatMap { name in outputs.firstIndex { $0.name == name } }
    }
    let taken = found?.isEmpty == false ? found ?? [] : Array(outputs.indices)
    return try taken.enumerated().map { position, index in
      try Objective(
        name: "\(position)", loss: MeanSquaredError(), output: index, of: self,
        target: ExampleTarget(.vector(outputs[index].shape)), isOnly: true)
    }
  }
}
