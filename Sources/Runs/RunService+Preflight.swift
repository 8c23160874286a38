import Datasets
import JSON
import NeuralNetworks
import Store
import Training

extension RunService {
  /// Preflights at once, and those that may wait.
  static let preflights = (concurrent: 1, waiting: 16)

  /// One step of a run that isn't queued: its norms, activations and what they let expect.
  ///
  /// - Parameter body: a run's; `training` may leave out how long to train.
  /// - Throws: `Faults`; `RunError.queueFull` or `.draining`.
  public func preflight(_ body: JSON) async throws -> (model: Model, report: JSON, batch: Int) {
    let request = try RunRequest(RunService.withDuration(body))
    let parts = try await parts(of: request)
    let memory = configuration.memoryBytes
    var report = try await preflightWork.run { [self] in
      guard !isGoingDown else { throw RunError(.draining, "the server is going down") }
      return try Preflight(
        model: parts.model, data: parts.data,
        configuration: parts.request.training.limited(toBytes: memory),
        initialWeights: parts.given?.weights
      ).run().json
    }
    if case .object(var object) = report, let match = parts.given?.match {
      object["initial_weights_report"] = match.json
      report = .object(object)
    }
    return (parts.model, report, parts.request.training.batchSize)
  }

  /// What a preflight of a spec alone trains with: the loss that goes with the dataset's targets, and Adam.
  public func preflightBody(
    spec: JSON, dataset: DatasetID, batchSize: Int
  ) async throws -> JSON {
    guard let record = try await store.datasets.get(dataset) else {
      throw Faults([Fault(pointer: "/dataset", detail: "there is no dataset \"\(dataset)\"")])
    }
    let learnsClasses = try !datasets.open(record).classIndices.isEmpty
    return .object([
      "model": spec, "dataset": .string(dataset.rawValue),
      "training": .object([
        "loss": learnsClasses ? "cross_entropy" : "mean_squared_error",
        "batch_size": .integer(batchSize), "steps": 1,
        "optimizer": .object(["type": "adam", "learning_rate": 0.001]),
      ]),
    ])
  }

  private static func withDuration(_ body: JSON) -> JSON {
    guard case .object(var object) = body, object["mode"]?.string != LearningRateRange.mode,
      case .object(var training)? = object["training"],
      training["epochs"] == nil, training["steps"] == nil
    else { return body }
    training["steps"] = 1
    object["training"] = .object(training)
    return .object(object)
  }
}
