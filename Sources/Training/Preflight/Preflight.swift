import JSON
import NeuralNetworks

/// One real step of a training, looked at closely, before anything is queued.
///
/// Its forward and backward pass, and the update that would follow, are those of step 1 of a run with the same model,
/// data and configuration. Nothing of it is kept.
public struct Preflight {
  private let trainer: Trainer
  private let model: Model

  /// - Throws: what `Trainer.init` throws.
  public init(
    model: Model, data: TrainingData, configuration: TrainingConfiguration,
    initialWeights: Weights? = nil
  ) throws {
    self.model = model
    trainer = try Trainer(
      model: model, data: data, configuration: configuration,
      observation: ObservationConfiguration(
        gradientNormsEvery: 1, histogramsEvery: 0, activationsEvery: 1, termGradientsEvery: 1,
        gradientStatisticsEvery: 1),
      initialWeights: initialWeights, lastStep: 1)
  }

  /// Takes the step.
  public func run() throws -> PreflightReport {
    let witness = Witness()
    let outcome = try trainer.run(observer: witness)
    return PreflightReport(
      model: model, block: witness.block, activations: witness.activations, values: witness.values,
      findings: witness.findings, failure: outcome.failure)
  }

  /// Remembers the one step.
  private final class Witness: TrainingObserver {
    var block: StepBlock?
    var activations: [ActivationRecord] = []
    var values: [SeriesValue] = []
    var findings: [Finding] = []

    func diagnosed(_ diagnosis: DiagnosisRecord) { findings += diagnosis.findings }
    func stepsTaken(_ block: StepBlock) { self.block = block }
    func activationsTaken(_ activations: [ActivationRecord]) { self.activations += activations }
    func valuesTaken(_ values: [SeriesValue]) { self.values += values }
  }
}
