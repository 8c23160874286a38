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

  init(
    optimizer: any Optimizer, clip: Clip?, parameters: ParameterStore, gradients: ParameterStore,
    team: ThreadTeam
  ) {
    let descriptions = zip(parameters.names, parameters.shapes).map { (name: $0, shape: $1) }
    bound = BoundOptimizer(
      optimizer, clip: clip, parameters: parameters, gradients: gradients,
      slots: optimizer.makeSlots(for: descriptions), team: team)
    counts = parameters.shapes.map(\.count)
    clips = clip != nil
  }

  /// Bounds the norm of all gradients, unless it's bounded closer already.
  func bound(norm: Double) { bound.tighten(norm: norm) }

  /// Updates all parameters; answers whether all gradients were finite.
  func update(step: Int, learningRate: Double) -> Bool {
    bound.step(step, learningRate: learningRate)
    return bound.gradientsAreFinite
  }

  /// Appends the last step's gradients, an entry a parameter.
  func append(to block: inout StepBlock) {
    for index in counts.indices {
      block.gradients.append(
        ParameterGradient(bound.statistics(of: index), count: counts[index]))
      let updated = bound.clippedStatistics(of: index)
      block.updates.append(
        ParameterUpdate(
          weightNorm: updated.weightSquares.squareRoot(),
          updateNorm: updated.updateSquares.squareRoot()))
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
    bound.slots.flatMap { slot in
      Weights(copying: slot.store, over: copies).tensors.map {
        NamedTensor(name: "\(slot.name).\($0.name)", tensor: $0.tensor)
      }
    }
  }

  /// - Throws: `TrainingError.invalidWeights` when the state is another optimizer's or model's.
  func restore(_ tensors: [NamedTensor]) throws(TrainingError) {
    for slot in bound.slots {
      let prefix = slot.name + "."
      let own = tensors.filter { $0.name.hasPrefix(prefix) }
        .map { NamedTensor(name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor) }
      try Weights(own).write(to: slot.store)
    }
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
