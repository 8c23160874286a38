import JSON
import NeuralNetworks

/// How many examples a step takes, and how many of them pass at once.
extension TrainingConfiguration {
  static func batch(_ reader: inout ObjectReader) -> (size: Int, isFull: Bool, parts: Int) {
    let parts = reader.integer("accumulate", in: accumulations) ?? 1
    if case .string(let text)? = reader.value("batch_size") {
      if text != "full" {
        reader.fault(
          "batch_size",
          "\"\(text.prefix(80))\" is no batch size; give a number, or \"full\" for all examples")
      }
      return (1, true, parts)
    }
    return (reader.integer("batch_size", in: batchSizes) ?? 32, false, parts)
  }

  /// The same with steps of so many examples, always the same ones.
  func taking(_ examples: Int) -> TrainingConfiguration {
    var taking = self
    taking.batchSize = max(1, examples)
    taking.examplesPerStep = taking.batchSize
    taking.shuffle = false
    return taking
  }

  /// The same with steps of all of so many examples.
  func takingAll(of examples: Int) -> TrainingConfiguration {
    var taking = self
    taking.examplesPerStep = max(1, examples)
    taking.batchSize = (taking.examplesPerStep + accumulate - 1) / accumulate
    return taking
  }
}

extension TrainingData {
  /// The configuration with steps as large as this data makes them: all of a graph, or all examples for a full batch.
  public func sized(_ configuration: TrainingConfiguration, model: Model) -> TrainingConfiguration {
    graph == nil && !configuration.isFullBatch
      ? configuration : sized(configuration, split(configuration, model: model))
  }

  func sized(_ configuration: TrainingConfiguration, _ parts: Parts) -> TrainingConfiguration {
    let examples = parts.training?.count ?? training.examples
    if graph != nil { return configuration.taking(examples) }
    return configuration.isFullBatch ? configuration.takingAll(of: examples) : configuration
  }

  /// What is wrong with the size of a step, or with taking it in parts.
  ///
  /// - Parameter configuration: as `sized`.
  func addBatchFaults(
    _ configuration: TrainingConfiguration, model: Model, objectives: [Objective],
    _ pointer: String, to faults: inout Faults
  ) {
    let most = TrainingConfiguration.batchSizes.upperBound
    if configuration.isFullBatch, configuration.batchSize > most {
      let parts = (configuration.examplesPerStep + most - 1) / most
      faults.add(
        pointer + "/batch_size",
        "all \(configuration.examplesPerStep) examples are more than the \(most) that may pass at once; say "
          + "\"accumulate\": \(parts) at least")
    }
    guard configuration.accumulate > 1 else { return }
    func refuse(_ why: String) { faults.add(pointer + "/accumulate", why) }
    if graph != nil {
      refuse("a step on a graph takes all of it at once; leave accumulate out")
    }
    if model.isStateful {
      refuse(
        "the model has a stateful layer, which goes on where the batch before ended; leave accumulate out"
      )
    }
    if configuration.losses.balance != .fixed {
      refuse(
        "the terms of the loss are balanced after each pass; leave accumulate out, or give the terms "
          + "fixed weights")
    }
    for objective in objectives where objective.loss.largestBatch != nil {
      refuse(
        "\(type(of: objective.loss).type) compares the examples of a batch with each other, so that parts "
          + "of a batch don't make up the whole; leave accumulate out")
      break
    }
  }
}
