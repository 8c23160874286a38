import Datasets
import JSON
import NeuralNetworks
import Optimizers

/// How long a run on the data is, and what doesn't fit into that.
extension TrainingData {
  /// - Precondition: the parts go together.
  public func length(_ model: Model, _ configuration: TrainingConfiguration) -> RunLength {
    let count = split(configuration, model: model).training?.count ?? training.examples
    let order = BatchOrder(
      count: count, batchSize: max(1, sized(configuration, model: model).examplesPerStep),
      seed: configuration.seed, shuffle: false,
      dropLast: configuration.dropLast || model.isStateful)
    let perEpoch = max(order.batches, 1)
    return configuration.duration.length(stepsPerEpoch: perEpoch)
  }

  /// What schedules and groups of the optimizer don't do in a run of the length that it has.
  func addScheduleFaults(
    _ model: Model, _ configuration: TrainingConfiguration, _ pointer: String,
    to faults: inout Faults
  ) {
    let length = length(model, configuration)
    func add(_ schedule: any Schedule, _ place: String) {
      for fault in schedule.faults(in: length).all {
        faults.add(place + fault.pointer, fault.detail)
      }
    }
    faults.add(configuration.optimizers.faults(in: length, pointer: pointer + "/optimizer"))
    add(configuration.schedule, pointer + "/schedule")
    for weight in configuration.losses.terms.map(\.weight) {
      if let schedule = weight.schedule { add(schedule, weight.schedulePointer) }
    }
  }
}

extension TrainingConfiguration.Duration {
  func length(stepsPerEpoch: Int) -> RunLength {
    switch self {
    case .epochs(let epochs): RunLength(steps: epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch)
    case .steps(let steps): RunLength(steps: steps, stepsPerEpoch: stepsPerEpoch)
    }
  }
}
