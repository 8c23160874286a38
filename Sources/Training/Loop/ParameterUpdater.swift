import Autodiff
import Kernels
import Optimizers
import Tensors

/// Moves the parameters by their gradients, and keeps what the same pass learns of the gradients.
final class ParameterUpdater {
  private let bound: BoundOptimizer
  /// Elements of each parameter.
  private let counts: [Int]
  private let clips: Bool
  /// The series that a step has a value of: the rate of each group, and what clipping came to.
  let series: [String]

  /// - Parameters:
  ///   - layers: of each parameter.
  ///   - stepsPerEpoch: by which groups count that begin to move later.
  ///   - mayTighten: whether the norm of gradients may be bounded later.
  ///   - seed: of noise on gradients.
  init(
    _ choice: OptimizerChoice, treatment: GradientTreatment = GradientTreatment(),
    parameters: ParameterStore, gradients: ParameterStore, layers: [String]? = nil,
    stepsPerEpoch: Int = 1, mayTighten: Bool = false, seed: UInt64 = 0, team: ThreadTeam
  ) {
    bound = BoundOptimizer(
      choice, treatment: treatment, parameters: parameters, gradients: gradients, layers: layers,
      stepsPerEpoch: stepsPerEpoch, mayTighten: mayTighten, seed: seed, team: team)
    counts = parameters.shapes.map(\.count)
    clips = mayTighten || treatment.clip != nil || treatment.centralizes
    let factors = ["clip_factor"] + bound.clippedParts.map { "clip_factor.\($0)" }
    series =
      choice.groups.map { "learning_rate.\($0.name)" }
      + (mayTighten || treatment.clip != nil ? factors : [])
  }

  func appendSeries(to block: inout StepBlock, isComplete: Bool) {
    guard !series.isEmpty else { return }
    let rates = bound.groupRates.count
    for place in series.indices {
      let value =
        place < rates
        ? bound.groupRates[place]
        : place == rates ? bound.clipFactor : bound.clipFactor(part: place - rates - 1)
      block.own.append(isComplete ? value : .nan)
    }
  }

  /// Bounds the norm of all gradients, unless it's bounded closer already.
  func bound(norm: Double) { bound.tighten(norm: norm) }

  /// The parameters that the step under way moves.
  var moving: [Int] { bound.moving }

  /// Has those parameters move whose time has come by a step; answers whether others do than before.
  func begin(step: Int) -> Bool { bound.begin(step: step) }

  /// Updates all parameters; answers whether all gradients were finite.
  func update(step: Int, learningRate: Double) -> Bool {
    bound.step(step, learningRate: learningRate)
    return bound.gradientsAreFinite
  }

  /// Appends the last step's gradients, an entry a parameter.
  ///
  /// - Parameter solving: what has moved the parameters in the optimizer's place.
  func append(to block: inout StepBlock, movedBy solving: SolverStep? = nil) {
    for index in counts.indices {
      block.gradients.append(
        ParameterGradient(bound.statistics(of: index), count: counts[index]))
      let moved = solving?.movements[index] ?? bound.movement(of: index)
      block.updates.append(
        ParameterUpdate(
          weightNorm: moved.weightSquares.squareRoot(),
          updateNorm: moved.updateSquares.squareRoot()))
    }
    guard clips else { return }
    for index in counts.indices {
      block.clippedGradients.append(
        ParameterGradient(bound.clippedStatistics(of: index), count: counts[index]))
    }
  }

  /// The first parameter, from the loss backwards, whose gradient isn't finite.
  func firstUnsoundParameter() -> (index: Int, gradient: ParameterGradient)? {
    for index in counts.indices.reversed() {
      let gradient = ParameterGradient(bound.statistics(of: index), count: counts[index])
      if gradient.nonFiniteCount > 0 { return (index, gradient) }
    }
    return nil
  }

  /// A copy of the optimizer's memory, named `<slot>.<parameter>`.
  func state(over copies: ReusedCopies? = nil) -> [NamedTensor] {
    Weights(copying: bound.memory.store, over: copies).tensors
  }

  /// Goes back to what a state says; what it doesn't have, as of layers that were frozen, begins anew.
  ///
  /// - Throws: `TrainingError.invalidWeights` when the state is another optimizer's or model's.
  func restore(_ tensors: [NamedTensor]) throws(TrainingError) {
    let store = bound.memory.store
    let found = tensors.filter { store.index(of: $0.name) != nil }
    bound.memory.begin(keeping: Set(found.map(\.name)))
    try Weights(found).write(to: store.selecting(found.compactMap { store.index(of: $0.name) }))
  }
}

extension ParameterGradient {
  /// - Parameter count: the parameter's elements.
  init(_ statistics: GradientStatistics, count: Int) {
    self.init(
      norm: statistics.sumOfSquares.squareRoot(), largest: statistics.maxAbs,
      mean: statistics.sum / Double(max(count, 1)), nanCount: statistics.nanCount,
      positiveInfinityCount: statistics.posInfCount, negativeInfinityCount: statistics.negInfCount)
  }
}
