import Datasets
import JSON
import NeuralNetworks

/// The examples of a run.
///
/// Without `validation`, the configuration's `validation.fraction` cuts one out of `training`.
public struct TrainingData: Sendable {
  public let training: any ExampleSource
  public let validation: (any ExampleSource)?
  public let test: (any ExampleSource)?

  public init(
    training: any ExampleSource, validation: (any ExampleSource)? = nil,
    test: (any ExampleSource)? = nil
  ) {
    self.training = training
    self.validation = validation
    self.test = test
  }

  /// Everything about the data that doesn't go with the model and the configuration.
  ///
  /// - Parameters:
  ///   - dataPointer: where the run's document names the dataset.
  ///   - trainingPointer: where it has the `training` object.
  public func faults(
    model: Model, configuration: TrainingConfiguration, dataPointer: String = "/dataset",
    trainingPointer: String = "/training"
  ) -> Faults {
    var faults = Faults()
    let named = [
      ("training", training as (any ExampleSource)?), ("validation", validation), ("test", test),
    ]
    for case (let name, let source?) in named {
      let pointer =
        validation == nil && test == nil
        ? dataPointer : dataPointer + (name == "training" ? "/train" : "/\(name)")
      if source.examples == 0 { faults.add(pointer, "the \(name) dataset has no examples") }
      for detail in source.faults(for: model, name: "the \(name) dataset")
        + source.faults(forTargetsOf: training, name: "the \(name) dataset")
      {
        faults.add(pointer, detail)
      }
    }
    do throws(Faults) {
      try configuration.loss.check(
        model.outputs[0], target: training.targets[0].target, pointer: trainingPointer + "/loss")
    } catch {
      faults.add(error)
    }
    if configuration.measuresAccuracy, case .vector(let shape) = training.targets[0].target {
      faults.add(
        trainingPointer + "/metrics",
        "accuracy needs classes; the dataset's target is numbers of shape \(shape)")
    }
    if configuration.measuresAccuracy, !configuration.loss.hasAnswers {
      faults.add(
        trainingPointer + "/metrics",
        "accuracy needs an output for each class; that of \(type(of: configuration.loss).type) "
          + "answers with none")
    }
    if let most = configuration.loss.largestBatch, configuration.batchSize > most {
      faults.add(
        trainingPointer + "/batch_size",
        "\(configuration.batchSize) is out of range; \(type(of: configuration.loss).type) compares each two "
          + "examples of a batch, of which there are at most \(most)")
    }
    if let fraction = configuration.validationFraction, validation != nil {
      faults.add(
        trainingPointer + "/validation/fraction",
        "\(fraction) contradicts the run's own dataset for validation; give one of the two")
    }
    if model.isStateful {
      addOrderFaults(configuration, dataPointer, trainingPointer, to: &faults)
    }
    addSizeFaults(model, configuration, trainingPointer, to: &faults)
    return faults
  }

  /// What a run makes small.
  ///
  /// - Throws: `ShapeFault` where `faults(model:…)` finds one.
  func objectives(
    model: Model, configuration: TrainingConfiguration
  ) throws(ShapeFault) -> [Objective] {
    [try Objective.only(configuration.loss, of: model, target: training.targets[0])]
  }

  /// Which examples of which source train and validate.
  struct Parts {
    /// `nil` for all.
    let training: [Int]?
    /// `examples` is `nil` for all.
    let validation: (source: any ExampleSource, examples: [Int]?)?
  }

  func split(_ configuration: TrainingConfiguration, model: Model) -> Parts {
    if let validation { return Parts(training: nil, validation: (validation, nil)) }
    guard let fraction = configuration.validationFraction else {
      return Parts(training: nil, validation: nil)
    }
    let split = training.split(
      validationFraction: fraction, seed: configuration.seed, inOrder: model.isStateful)
    return Parts(training: split.training, validation: (training, split.validation))
  }

  /// What keeps stateful layers from going on where the batch before ended.
  private func addOrderFaults(
    _ configuration: TrainingConfiguration, _ dataPointer: String, _ trainingPointer: String,
    to faults: inout Faults
  ) {
    if configuration.shuffle {
      faults.add(
        trainingPointer + "/shuffle",
        "examples are shuffled, and the model has a stateful layer, which goes on where the batch before "
          + "ended; say \"shuffle\": false")
    }
    for case let source? in [training, validation, test] where !source.followsOn {
      faults.add(
        dataPointer,
        "the windows of the text overlap or leave gaps, and the model has a stateful layer, which goes on "
          + "where the window before ended; upload it with a stride as long as sequence_length")
      break
    }
  }

  private func addSizeFaults(
    _ model: Model, _ configuration: TrainingConfiguration, _ pointer: String,
    to faults: inout Faults
  ) {
    guard training.examples > 0 else { return }
    var examples = training.examples
    if configuration.validationFraction != nil, validation == nil {
      let parts = split(configuration, model: model)
      let kept = parts.validation?.examples?.count ?? 0
      let left = parts.training?.count ?? 0
      if kept == 0 || left == 0 {
        faults.add(
          pointer + "/validation/fraction",
          "leaves \(left) of \(examples) examples for training and \(kept) for "
            + "validation; both need one at least")
        return
      }
      examples = left
    }
    if model.isStateful, examples < configuration.batchSize {
      faults.add(
        pointer + "/batch_size",
        "\(configuration.batchSize) rows are more than the \(examples) examples, and a stateful layer needs "
          + "whole batches")
    } else if configuration.dropLast, examples < configuration.batchSize {
      faults.add(
        pointer + "/drop_last",
        "drops the only batch there is: \(examples) examples are fewer than the batch size of "
          + "\(configuration.batchSize)")
    }
  }
}

extension LossTarget {
  /// How many answers one example has.
  var places: Int {
    if case .classes(_, let shape) = self { shape.count } else { 1 }
  }

}
