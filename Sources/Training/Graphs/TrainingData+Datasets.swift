import Datasets
import NeuralNetworks
import Tensors

extension TrainingData {
  /// The data of a run that names one dataset, one with a split, or one for training and others for validation and test.
  ///
  /// - Throws: `DatasetError` where the others can't stand beside the first; none can beside a graph, which has
  ///   its own examples for each.
  public init(
    _ training: Dataset, validation: Dataset? = nil, test: Dataset? = nil,
    roles: SplitParts.Roles? = nil
  ) throws(DatasetError) {
    guard let graph = training.graphExamples else {
      self.init(
        training: training, validation: try validation?.adapted(to: training.description),
        test: try test?.adapted(to: training.description), roles: roles)
      return
    }
    guard validation == nil, test == nil, roles == nil else {
      throw DatasetError(
        .option,
        "the training dataset is a graph, whose own masks say what is for validation and test; name it "
          + "alone")
    }
    self.init(training: graph)
  }

  /// The same where categories that are encoded by the target don't tell an example that trains its own.
  public func crossFitted(_ configuration: TrainingConfiguration, model: Model) -> TrainingData {
    guard let dataset = training as? Dataset, dataset.description.hasTargetCodes else {
      return self
    }
    return TrainingData(
      training: dataset.crossFitted(to: trained(configuration, model: model)),
      validation: validation, test: test, roles: roles)
  }

  /// The memory that a step on this data holds, in bytes.
  ///
  /// - Parameter observed: whether probes look at every layer in it.
  /// - Throws: `TrainingError.plan`, also when it can't be brought within the budget.
  public func stepBytes(
    _ model: Model, _ configuration: TrainingConfiguration, observed: Bool = false
  ) throws(TrainingError) -> Int {
    guard let graph else { return try model.trainingBytes(configuration, observed: observed) }
    return try model.trainingBytes(
      sized(configuration, model: model), extents: graph.graph.extents, observed: observed)
      + graph.graph.byteCount
  }

  /// The memory that a pass of an evaluation holds beside parameters and optimizer, in bytes; 0 where a step's is
  /// enough for it.
  ///
  /// - Throws: `TrainingError.plan`.
  public func evaluationBytes(
    _ model: Model, _ configuration: TrainingConfiguration
  ) throws(TrainingError) -> Int {
    let rows = model.evaluationRows(configuration)
    let isEvaluated =
      validation != nil || test != nil || roles != nil || configuration.validationFraction != nil
    guard isEvaluated, graph == nil, rows > configuration.batchSize else { return 0 }
    return try model.evaluationBytes(batch: rows, losses: configuration.losses)
  }

  /// Rows of each layer's output in a step: a batch, or all vertices.
  public func stepRows(_ configuration: TrainingConfiguration) -> Int {
    graph?.graph.extents.vertices ?? configuration.batchSize
  }
}

extension GraphExamples {
  /// What trained weights are evaluated on: the examples for the test if there are any, else those for
  /// validation, else all.
  public var evaluated: ExampleSet? {
    test.isEmpty ? (validation.isEmpty ? nil : validation) : test
  }
}

extension GraphSource {
  /// Of everything that a run on the graph keeps of it.
  var byteCount: Int {
    let indices = [topology.edges, topology.loopedEdges, topology.membership, topology.features]
    let arrays =
      indices.compactMap { $0 }.flatMap(\.arrays) + [topology.loopOrigins, features]
      + (edgeFeatures.map { [$0] } ?? [])
    return arrays.reduce(0) { $0 + $1.type.byteCount }
  }
}

extension Model {
  /// Examples at a time where nothing is learnt: as many as a step takes, and no fewer than 32 unless states go
  /// on from batch to batch.
  func evaluationRows(_ configuration: TrainingConfiguration) -> Int {
    isStateful ? configuration.batchSize : max(configuration.batchSize, 32)
  }
}
