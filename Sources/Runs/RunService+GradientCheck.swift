import Datasets
import JSON
import NeuralNetworks
import Store
import Training

extension RunService {
  /// Gradient checks at once, and those that may wait.
  static let gradientChecks = (concurrent: 1, waiting: 16)

  /// A model's derivatives against central differences, per parameter.
  ///
  /// The body is `{ "model": "mdl_… or a spec", "loss": …, "dataset": "ds_…" }` and the members of
  /// `GradientCheckConfiguration`; without a dataset the examples are random.
  ///
  /// - Throws: `Faults`; `RunError.queueFull` or `.draining`.
  public func checkGradients(_ body: JSON) async throws -> JSON {
    var reader = ObjectReader(body)
    let source = RunRequest.model(&reader)
    let dataset = RunService.dataset(&reader)
    let configuration = GradientCheckConfiguration(from: &reader)
    var faults = reader.finish()
    var model: Model?
    if let source { model = try await self.model(of: source, &faults) }
    var data: Dataset?
    if let dataset { data = try await self.data(dataset, &faults) }
    var given: Given?
    if let model {
      given = try await givenWeights(
        model, nil, isInline: source?.isInline ?? false, &faults)
    }
    try faults.check()
    guard let model, let configuration else { throw faults }
    let (known, weights) = (data, given?.weights)
    return try await gradientCheckWork.run { [self] in
      guard !isGoingDown else { throw RunService.stopped }
      let check = try ModelGradientCheck(
        model: model, configuration: configuration,
        examples: known.map { ($0.graphExamples as (any ExampleSource)?) ?? $0 },
        initialWeights: weights)
      guard let report = try check.run(isStopped: { isGoingDown }) else {
        throw RunService.stopped
      }
      return report.json
    }
  }

  private static let stopped = RunError(.draining, "the server is going down")

  private static func dataset(_ reader: inout ObjectReader) -> DatasetID? {
    guard let text = reader.string("dataset") else { return nil }
    let id = DatasetID(text)
    if id == nil {
      reader.fault("dataset", "\"\(text.prefix(80))\" is no dataset's id; give ds_…")
    }
    return id
  }

  private func data(_ id: DatasetID, _ faults: inout Faults) async throws -> Dataset? {
    guard let record = try await store.datasets.get(id) else {
      faults.add("/dataset", "there is no dataset \"\(id)\"")
      return nil
    }
    return try datasets.open(record)
  }
}
