import Datasets
import JSON
import NeuralNetworks
import Store
import Tensors
import Training

extension RunService {
  /// What one answer may hold at most.
  public static let mostPredictions = 10_000

  /// A run's answers for inputs, from its latest or another checkpoint's weights.
  ///
  /// The body is `{ "inputs": [...], "checkpoint": "best" }`: an input is an array in the model's shape, or
  /// for a table an object by column; it is scaled as the training data was.
  public func predict(_ id: RunID, body: JSON) async throws -> JSON {
    var reader = ObjectReader(body)
    let checkpoint = reader.string("checkpoint")
    let rows =
      reader.requiredValue("inputs") == nil
      ? nil : reader.array("inputs", count: 1...RunService.mostPredictions)
    try reader.finish().check()
    let parts = try await trained(id, checkpoint: checkpoint)
    let inputs = try parts.data.encode(rows: rows ?? [], pointer: "/inputs")
    return try predict(parts, inputs)
  }

  /// The same for inputs as a NumPy array.
  public func predict(_ id: RunID, npy: [UInt8], checkpoint: String?) async throws -> JSON {
    let parts = try await trained(id, checkpoint: checkpoint)
    return try predict(parts, try parts.data.encode(npy: npy))
  }

  /// The loss and accuracy of a run's weights on a dataset: `{ "dataset": "ds_…", "checkpoint": "best" }`.
  public func evaluate(_ id: RunID, body: JSON) async throws -> JSON {
    var reader = ObjectReader(body)
    let checkpoint = reader.string("checkpoint")
    let text = reader.requiredValue("dataset") == nil ? nil : reader.string("dataset")
    let dataset = text.flatMap { DatasetID($0) }
    if let text, dataset == nil {
      reader.fault("dataset", "\"\(text.prefix(80))\" is no dataset's id; give ds_…")
    }
    try reader.finish().check()
    guard let dataset, let record = try await store.datasets.get(dataset) else {
      throw Faults([Fault(pointer: "/dataset", detail: "there is no dataset \"\(text ?? "")\"")])
    }
    let parts = try await trained(id, checkpoint: checkpoint)
    let examples = try datasets.open(record).adapted(to: parts.data)
    let faults = TrainingData(training: examples).faults(
      model: parts.model, configuration: parts.request.training, trainingPointer: "")
    try Faults(faults.all.filter { $0.pointer.hasPrefix("/dataset") || $0.pointer == "/loss" })
      .check()
    let result = try Evaluation.result(
      model: parts.model, weights: parts.weights, loss: parts.request.training.loss,
      examples: examples,
      batchSize: parts.model.isStateful ? parts.request.training.batchSize : 256)
    guard case .object(var object) = result.json else { return result.json }
    object["dataset"] = .string(dataset.rawValue)
    object["checkpoint"] = .object([
      "kind": .string(parts.checkpoint.kind), "step": .integer(parts.checkpoint.step),
    ])
    return .object(object)
  }

  /// A run's model with trained weights, and the description of the data it was trained on.
  private struct Trained {
    let request: RunRequest
    let model: Model
    let weights: Weights
    let checkpoint: CheckpointSummary
    let data: DatasetDescription
  }

  private func trained(_ id: RunID, checkpoint name: String?) async throws -> Trained {
    guard let run = try await store.runs.get(id) else { throw notFound(id) }
    let checkpoint = try await checkpoint(id, name ?? "latest")
    let bytes = try await store.checkpoints.weights(checkpoint)
    let request = try RunRequest(JSON(parsing: run.request))
    guard case .inline(let model) = request.model else { throw notFound(id) }
    return Trained(
      request: request, model: model,
      weights: Weights(try WeightsFile.safetensors.decoded(bytes)), checkpoint: checkpoint,
      data: try DatasetDescription(JSON(parsing: run.data)))
  }

  private func predict(_ parts: Trained, _ inputs: Tensor) throws -> JSON {
    let prediction = try Prediction(
      model: parts.model, weights: parts.weights, loss: parts.request.training.loss)
    let result = try prediction.run(inputs.elements(of: Float.self))
    let answers = result.probabilities ?? result.outputs
    var object = JSONObject([
      ("outputs", RunService.nested(answers.elements(of: Float.self), answers.shape.dimensions)),
      ("kind", .string(result.probabilities == nil ? "values" : "probabilities")),
    ])
    let names = parts.data.target.classes
    if !names.isEmpty {
      object["classes"] = .array(names.map { .string($0) })
      let places = parts.data.target.shape.count
      let width = answers.shape.count / max(answers.shape[0] * places, 1)
      if width == names.count {
        let scores = answers.elements(of: Float.self)
        object["predictions"] = .array(
          (0..<answers.shape[0]).map { row in
            let found = (row * places..<(row + 1) * places).map { place in
              let values = scores[place * width..<(place + 1) * width]
              let largest = values.indices.max { scores[$0] < scores[$1] } ?? values.startIndex
              return largest - values.startIndex
            }
            return RunService.prediction(found, parts.data)
          })
      }
    }
    object["checkpoint"] = .object([
      "kind": .string(parts.checkpoint.kind), "step": .integer(parts.checkpoint.step),
    ])
    return .object(object)
  }

  /// The class of an example, the classes at its places, or the text they make.
  private static func prediction(_ classes: [Int], _ data: DatasetDescription) -> JSON {
    if let text = data.text(of: classes) { return .string(text) }
    let names = data.target.classes
    guard case .sequence(_, _, let shape) = data.target else { return .string(names[classes[0]]) }
    func nested(_ classes: ArraySlice<Int>, _ shape: [Int]) -> JSON {
      guard let extent = shape.first else {
        return classes.first.map { .string(names[$0]) } ?? .null
      }
      let width = classes.count / max(extent, 1)
      return .array(
        (0..<extent).map { index in
          let start = classes.startIndex + index * width
          return nested(classes[start..<start + width], Array(shape.dropFirst()))
        })
    }
    return nested(classes[...], shape.dimensions)
  }

  /// Numbers as arrays within arrays, by a shape.
  private static func nested(_ numbers: [Float], _ shape: [Int]) -> JSON {
    guard let extent = shape.first else { return .number(Double(numbers.first ?? .nan)) }
    let width = numbers.count / max(extent, 1)
    return .array(
      (0..<extent).map {
        nested(Array(numbers[$0 * width..<($0 + 1) * width]), Array(shape.dropFirst()))
      })
  }
}
