import Autodiff
import Kernels

/// Looks at how gradients turn from step to step, and how they vary between the examples of a batch.
///
/// Holds the parameters' memory twice more: for the gradient of the step before, and for that of half a batch.
final class GradientProbe {
  private let engine: TrainingEngine
  private let previous: ParameterStore
  private let half: ParameterStore
  /// Adds to `half` what completing the whole batch's gradients adds to those.
  private let penalties: ParameterPenalties?
  /// The step whose gradient `previous` is.
  private var previousStep = 0
  private var programs: [TrainingProgram] = []

  init(_ engine: TrainingEngine) {
    self.engine = engine
    let descriptions = zip(engine.gradients.names, engine.gradients.shapes).map {
      (name: $0, shape: $1)
    }
    previous = ParameterStore(descriptions, element: .float32)
    half = ParameterStore(descriptions, element: .float32)
    penalties = engine.regularizer.penalties(addingTo: half)
  }

  /// Remembers the gradient that a step left.
  func keep(step: Int) {
    previous.copy(from: engine.gradients)
    previousStep = step
  }

  /// The gradient of a part of a batch, as `runHalf` or `keepPortion` leaves it.
  struct Portion {
    /// What the part weighs in each objective's mean: its examples, but for losses that weigh them.
    let weights: [Double]
  }

  /// Whether halves of a batch can be looked at: rows that know nothing of each other.
  private var canHalve: Bool {
    engine.model.graph == nil && !engine.model.isStateful && engine.balancer.termGradients == nil
      && !engine.configuration.mixesExamples && !engine.climbs
  }

  /// Takes the gradient of the first half of a batch; `nil` where halves can't be looked at.
  func runHalf(
    of batch: UnsafeBufferPointer<Int>, from examples: ExampleOrder, step: Int
  ) throws(TrainingError) -> Portion? {
    let rows = batch.count / 2
    guard rows > 0, canHalve else { return nil }
    let half = UnsafeBufferPointer(rebasing: batch.prefix(rows))
    let program = try program(batch: rows, length: examples.length(of: half))
    examples.assemble(half, into: program.slots, step: step)
    _ = engine.pass(program, step: step, movesStates: false)
    return Portion(weights: program.weights)
  }

  /// Keeps the gradient that a pass over a part of a batch has left; `nil` where parts can't be looked at.
  func keepPortion(of program: TrainingProgram) -> Portion? {
    guard canHalve else { return nil }
    half.copy(from: engine.gradients)
    return Portion(weights: program.weights)
  }

  /// Adds the gradients of penalties on parameters to those of the part, before the parameters move.
  func completePortion() { penalties?.run() }

  private func program(batch: Int, length: Int?) throws(TrainingError) -> TrainingProgram {
    if let program = programs.first(where: { $0.fits(batch: batch, length: length) }) {
      return program
    }
    let program = try engine.makeProgram(
      batch: batch, length: length, observation: .none, gradients: half)
    programs.append(program)
    return program
  }

  /// The cosine of each parameter's gradient with that of the step before, and of all together; `nil` when that step's
  /// isn't known.
  func turn(step: Int) -> (each: [Double], all: Double)? {
    guard previousStep == step - 1, step > 1 else { return nil }
    let (each, all) = compare(previous)
    return (each.map(\.cosine), all.cosine)
  }

  /// The variance of each parameter's gradient between examples, `tr(Σ)`, and that of all together with the squared
  /// norm of the expected gradient; `nil` when the part's share of the batch isn't the same in all objectives.
  ///
  /// - Parameters:
  ///   - examples: of the batch that the part is of.
  ///   - weights: what that weighs in each objective's mean.
  func spread(
    _ portion: Portion, of examples: Int, weighing weights: [Double]
  ) -> (each: [Double], all: Double, gradientSquare: Double)? {
    let shares = zip(portion.weights, weights).map { $0 / $1 }
    guard let share = shares.first, share > 0, share < 1,
      shares.allSatisfy({ abs($0 - share) < 1e-6 })
    else { return nil }
    let batch = Double(examples)
    let factor = batch / (1 / share - 1)
    let (each, all) = compare(self.half)
    let variance = all.differenceSquares * factor
    return (
      each.map { $0.differenceSquares * factor }, variance, all.secondSquares - variance / batch
    )
  }

  private func compare(
    _ other: ParameterStore
  ) -> (each: [VectorComparison], all: VectorComparison) {
    var all = VectorComparison()
    let each = other.shapes.indices.map { index in
      let part = VectorComparison(
        other.pointer(index).assumingMemoryBound(to: Float.self), engine.gradientPointer(index),
        count: other.shapes[index].count)
      all += part
      return part
    }
    return (each, all)
  }

  // MARK: - State

  private static let prefix = "previous_gradient."

  /// What a checkpoint after `step` has to hold, when that step's gradient will be asked for.
  func state(step: Int, over copies: ReusedCopies) -> [NamedTensor] {
    guard previousStep == step, step > 0 else { return [] }
    return Weights(copying: previous, over: copies).tensors.map {
      NamedTensor(name: Self.prefix + $0.name, tensor: $0.tensor)
    }
  }

  func restore(_ tensors: [NamedTensor], step: Int) throws(TrainingError) {
    let own = tensors.filter { $0.name.hasPrefix(Self.prefix) }.map {
      NamedTensor(name: String($0.name.dropFirst(Self.prefix.count)), tensor: $0.tensor)
    }
    guard !own.isEmpty else { return }
    try Weights(own).write(to: previous)
    previousStep = step
  }
}
