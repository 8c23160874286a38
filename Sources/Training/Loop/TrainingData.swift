import Datasets
import JSON
import NeuralNetworks
import Synchronization

/// The examples of a run.
///
/// Without `validation` and `roles`, the configuration's `validation.fraction` cuts one out of `training`.
public struct TrainingData: Sendable {
  public let training: any ExampleSource
  public let validation: (any ExampleSource)?
  public let test: (any ExampleSource)?
  /// Which examples of `training` train, validate and test, where a stored split says so.
  public let roles: SplitParts.Roles?
  private let memo = Memo()

  /// - Precondition: with `roles` there is neither `validation` nor `test`.
  public init(
    training: any ExampleSource, validation: (any ExampleSource)? = nil,
    test: (any ExampleSource)? = nil, roles: SplitParts.Roles? = nil
  ) {
    precondition(roles == nil || validation == nil && test == nil)
    self.training = training
    self.validation = validation
    self.test = test
    self.roles = roles
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
    var resolver = ObjectiveResolver(
      model: model, targets: training.targets, pointer: trainingPointer + "/loss")
    let objectives = resolver.objectives(configuration.losses)
    faults.add(resolver.faults)
    if resolver.faults.isEmpty {
      configuration.addMetricFaults(objectives, of: model, trainingPointer, to: &faults)
    } else {
      configuration.metrics.addFaults(
        training.targets.map { MetricTask($0.target) }, trainingPointer + "/metrics", to: &faults)
    }
    if resolver.faults.isEmpty {
      do throws(Faults) {
        _ = try shared(model: model, objectives, configuration, trainingPointer)
      } catch {
        faults.add(error)
      }
    }
    addRegularizationFaults(
      configuration, model: model, objectives: resolver.faults.isEmpty ? objectives : [],
      trainingPointer, to: &faults)
    let configuration =
      graph == nil && training.examples > 0 ? sized(configuration, model: model) : configuration
    addBatchFaults(
      configuration, model: model, objectives: objectives, trainingPointer, to: &faults)
    addAugmentationFaults(
      configuration, model: model, objectives: objectives, trainingPointer, to: &faults)
    addSamplingFaults(configuration, model: model, trainingPointer, to: &faults)
    addBucketFaults(configuration, model: model, trainingPointer, to: &faults)
    for loss in configuration.losses.terms.map(\.loss) {
      guard let most = loss.largestBatch, configuration.batchSize > most else { continue }
      faults.add(
        trainingPointer + "/batch_size",
        "\(configuration.batchSize) is out of range; \(type(of: loss).type) compares each two "
          + "examples of a batch, of which there are at most \(most)")
    }
    faults.add(
      configuration.optimizers.faults(
        model.learnedParameters.map { ($0.layer, $0.name) }, pointer: trainingPointer + "/optimizer"
      ))
    faults.add(configuration.treatment.faults(model, pointer: trainingPointer))
    addPassFaults(
      configuration, model: model, objectives: objectives, trainingPointer, to: &faults)
    if let fraction = configuration.validationFraction, validation != nil || roles != nil {
      let other = roles == nil ? "own dataset for validation" : "split"
      faults.add(
        trainingPointer + "/validation/fraction",
        "\(fraction) contradicts the run's \(other); give one of the two")
    }
    if model.isStateful {
      addOrderFaults(configuration, dataPointer, trainingPointer, to: &faults)
    }
    if let graph {
      addGraphFaults(graph, configuration, trainingPointer, to: &faults)
      if faults.isEmpty { addScheduleFaults(model, configuration, trainingPointer, to: &faults) }
      return faults
    }
    if configuration.validatesByMask {
      faults.add(
        trainingPointer + "/validation/mask",
        "only a graph has examples of its own for validation; say a fraction, or name a dataset")
    }
    addSizeFaults(model, configuration, trainingPointer, to: &faults)
    if faults.isEmpty { addScheduleFaults(model, configuration, trainingPointer, to: &faults) }
    return faults
  }

  /// What a run makes small.
  ///
  /// - Throws: the faults that `faults(model:…)` finds in the loss.
  func objectives(
    model: Model, configuration: TrainingConfiguration
  ) throws(Faults) -> [Objective] {
    var resolver = ObjectiveResolver(
      model: model, targets: training.targets, pointer: "/training/loss")
    let objectives = resolver.objectives(configuration.losses)
    try resolver.faults.check()
    return configuration.mixesExamples ? objectives.map { $0.mixable ?? $0 } : objectives
  }

  /// The learned parameters at which GradNorm compares gradients; none without it.
  func shared(
    model: Model, _ objectives: [Objective], _ configuration: TrainingConfiguration,
    _ trainingPointer: String = "/training"
  ) throws(Faults) -> [Int] {
    guard case .gradNorm(let members) = configuration.losses.balance else { return [] }
    return try SharedLayer(
      members.layer, of: model, objectives: objectives, pointer: trainingPointer + "/loss/balance"
    ).parameters
  }

  /// Which examples are for the test, and whose they are; `examples` is `nil` for all.
  var testPart: (source: any ExampleSource, examples: ExampleSet?)? {
    if let graph, !graph.test.isEmpty { return (graph, graph.test) }
    if let roles, !roles.test.isEmpty { return (training, roles.test) }
    return test.map { ($0, nil) }
  }

  /// Which examples of which source train and validate.
  struct Parts {
    /// `nil` for all.
    let training: ExampleSet?
    /// `examples` is `nil` for all.
    let validation: (source: any ExampleSource, examples: ExampleSet?)?
    /// A class of one example, where classes are shared out.
    var loneClass: Int?
  }

  /// The examples that train where others of the same source validate; `nil` where all train, or of a graph.
  public func trained(_ configuration: TrainingConfiguration, model: Model) -> ExampleSet? {
    graph == nil ? split(configuration, model: model).training : nil
  }

  /// Remembers the fraction's split, which takes a while for very many examples and is asked for several times.
  private final class Memo: Sendable {
    struct Key: Hashable {
      let fraction: Double
      let seed: UInt64
      let inOrder: Bool
    }

    let split = Mutex<(key: Key, split: Split)?>(nil)
  }

  func split(_ configuration: TrainingConfiguration, model: Model) -> Parts {
    if let graph { return graph.split(configuration) }
    if let roles {
      return Parts(training: roles.training, validation: (training, roles.validation))
    }
    if let validation { return Parts(training: nil, validation: (validation, nil)) }
    guard let fraction = configuration.validationFraction else {
      return Parts(training: nil, validation: nil)
    }
    let key = Memo.Key(
      fraction: fraction, seed: configuration.seed, inOrder: model.isStateful)
    let split = memo.split.withLock { known in
      if let known, known.key == key { return known.split }
      let split = training.split(
        validationFraction: fraction, seed: key.seed, inOrder: key.inOrder)
      known = (key, split)
      return split
    }
    return Parts(
      training: split.training, validation: (training, split.validation),
      loneClass: split.loneClass)
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
    if roles != nil {
      faults.add(
        dataPointer + "/split",
        "the model has a stateful layer, which goes on where the batch before ended, and a split takes examples out of their "
          + "order; say training.validation.fraction instead")
    }
    for case let source? in [training, validation, test] where !source.followsOn {
      faults.add(
        dataPointer,
        "the windows of the text overlap or leave gaps, and the model has a stateful layer, which goes on "
          + "where the window before ended; upload it with a stride as long as sequence_length")
      break
    }
  }

  /// What keeps a way of sampling from drawing from this data.
  private func addSamplingFaults(
    _ configuration: TrainingConfiguration, model: Model, _ pointer: String,
    to faults: inout Faults
  ) {
    guard let sampling = configuration.sampling else { return }
    let pointer = pointer + "/sampling"
    if graph != nil {
      faults.add(pointer, "a step on a graph takes all of it; leave sampling out")
    } else if model.isStateful {
      faults.add(
        pointer,
        "the model has a stateful layer, which goes on where the batch before ended; leave sampling out"
      )
    } else if training.examples > 0 {
      for fault in sampling.faults(training) {
        faults.add("\(pointer)/\(fault.member)", fault.detail)
      }
    }
  }

  /// What keeps passes from being as long as their sequences.
  private func addBucketFaults(
    _ configuration: TrainingConfiguration, model: Model, _ pointer: String,
    to faults: inout Faults
  ) {
    guard configuration.buckets != nil else { return }
    let pointer = pointer + "/batching/bucket_by_length"
    if graph != nil {
      faults.add(pointer, "a step on a graph takes all of it; leave batching out")
    } else if model.isStateful {
      faults.add(
        pointer,
        "the model has a stateful layer, which goes on where the batch before ended; leave batching out"
      )
    } else if !configuration.augmentations.isEmpty {
      faults.add(pointer, "augment works on whole sequences; leave one of the two out")
    } else if configuration.regularization.hasGraphPenalties {
      faults.add(
        pointer,
        "penalties of activities and input gradients count padding too, which passes then have less of; leave one of the "
          + "two out")
    } else if let objection = ShortenedModel.objection(model) {
      faults.add(pointer, objection)
    }
  }

  private func addSizeFaults(
    _ model: Model, _ configuration: TrainingConfiguration, _ pointer: String,
    to faults: inout Faults
  ) {
    guard training.examples > 0 else { return }
    var examples = training.examples
    if let roles {
      examples = roles.training.count
    } else if configuration.validationFraction != nil, validation == nil {
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
      if let lone = parts.loneClass {
        faults.add(
          pointer + "/validation/fraction",
          "keeps the share of each class on both sides, and class \(lone) (counted from 0) has one example; add another, "
            + "leave it out of the dataset, or name a dataset for validation")
      }
      examples = left
    }
    if model.isStateful, examples < configuration.batchSize {
      faults.add(
        pointer + "/batch_size",
        "\(configuration.batchSize) rows are more than the \(examples) examples, and a stateful layer needs "
          + "whole batches")
    } else if configuration.dropLast, examples < configuration.examplesPerStep {
      faults.add(
        pointer + "/drop_last",
        "drops the only batch there is: \(examples) examples are fewer than the "
          + "\(configuration.examplesPerStep) of a step")
    }
  }
}

extension LossTarget {
  /// How many answers one example has.
  var places: Int {
    if case .classes(_, let shape) = self { shape.count } else { 1 }
  }

}
