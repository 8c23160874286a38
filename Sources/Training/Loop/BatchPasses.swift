import Autodiff
import Optimizers

/// The batch of a step, to be passed over again at other parameters than those of the step's own pass.
///
/// Examples, their augmentation and random numbers are those of that pass; running statistics, metrics and series don't follow.
/// An evaluation allocates nothing.
final class BatchPasses: StepObjective {
  private let engine: TrainingEngine
  private let examples: ExampleOrder
  /// `nil` when batches pass at once.
  private let accumulation: GradientAccumulation?
  private let sums: PartSums
  private var batch = UnsafeBufferPointer<Int>(start: nil, count: 0)
  private var step = 0
  /// Whose slots hold the batch.
  private var filled: TrainingProgram?
  private var filledCurvature: CurvatureProgram?

  init(
    _ engine: TrainingEngine, examples: ExampleOrder, accumulation: GradientAccumulation?
  ) {
    self.engine = engine
    self.examples = examples
    self.accumulation = accumulation
    sums = PartSums(objectives: engine.objectives.count)
  }

  /// Turns to the batch of a step.
  ///
  /// - Parameter program: that ran last; it holds the last part of the batch.
  func begin(_ batch: UnsafeBufferPointer<Int>, step: Int, after program: TrainingProgram) {
    self.batch = batch
    self.step = step
    filled = examples.parts(of: batch) == 1 ? program : nil
    filledCurvature = nil
  }

  /// The loss and all penalties at the parameters as they are; leaves their complete gradients.
  @discardableResult func evaluate() -> Double {
    filledCurvature = nil
    sums.clear()
    accumulation?.begin()
    let parts = examples.parts(of: batch)
    var (penalty, weight) = (0.0, 0.0)
    for part in 0..<parts {
      let program = filled ?? self.program(part)
      _ = engine.pass(program, step: step, part: part, movesStates: false)
      for index in engine.objectives.indices {
        sums.add(program.loss(index), weight: program.weight(index), to: index)
      }
      weight += program.weight
      if weight > 0 { penalty += (program.penalty - penalty) * (program.weight / weight) }
      accumulation?.add(weight: program.weight, isLast: part == parts - 1)
    }
    return engine.balancer.total(sums.loss) + penalty
      + engine.completeGradients(step: step, isFirst: false)
  }

  private func program(_ part: Int) -> TrainingProgram {
    let rows = examples.part(part, of: batch)
    let program = engine.preparedProgram(
      batch: rows.count, length: examples.length(of: rows))
    examples.assemble(rows, into: program.slots, step: step, part: part)
    if rows.count == batch.count { filled = program }
    return program
  }

  /// Runs what the solver asks of the curvature of the batch, which passes at once.
  func measureCurvature() {
    guard let program = engine.preparedCurvature(batch: batch.count) else {
      preconditionFailure("no curvature was prepared for a batch of \(batch.count)")
    }
    if filledCurvature !== program {
      filled = nil
      examples.assemble(batch, into: program.slots, step: step)
      filledCurvature = program
    }
    engine.run(program, step: step)
  }
}
