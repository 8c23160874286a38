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
    let vertices = reader.array("vertices", count: 1...RunService.mostPredictions)
    if vertices != nil || reader.has("inputs") == false, let run = try await store.runs.get(id),
      try DatasetDescription(JSON(parsing: run.data)).graph != nil
    {
      try reader.finish().check()
      return try await predict(id, run, vertices: vertices, checkpoint: checkpoint)
    }
    if vertices != nil { reader.fault("vertices", "belongs to runs on a graph; give inputs") }
    let rows =
      reader.requiredValue("inputs") == nil
      ? nil : reader.array("inputs", count: 1...RunService.mostPredictions)
    try reader.finish().check()
    let parts = try await trained(id, checkpoint: checkpoint)
    let inputs = try parts.data.encodeInputs(rows: rows ?? [], pointer: "/inputs")
    return try predict(parts, inputs)
  }

  /// The same for inputs as a NumPy array.
  public func predict(_ id: RunID, npy: [UInt8], checkpoint: String?) async throws -> JSON {
    let parts = try await trained(id, checkpoint: checkpoint)
    guard parts.data.namedInputs.count == 1 else {
      let names = parts.data.namedInputs.compactMap(\.name).joined(separator: ", ")
      throw Faults([
        Fault(
          pointer: "",
          detail: "the run has the inputs \(names); send an npz archive with an array for each")
      ])
    }
    return try predict(parts, [try parts.data.encode(npy: npy)])
  }

  /// The same for inputs as an archive of NumPy arrays by the inputs' names.
  public func predict(_ id: RunID, npz: [UInt8], checkpoint: String?) async throws -> JSON {
    let parts = try await trained(id, checkpoint: checkpoint)
    return try predict(parts, try parts.data.encodeInputs(npz: npz))
  }

  /// The loss and metrics of a run's weights on a dataset:
  /// `{ "dataset": "ds_…", "checkpoint": "best", "metrics": ["f1_macro", "roc_curve"] }`; with `split` and `part` on those examples alone.
  public func evaluate(_ id: RunID, body: JSON) async throws -> JSON {
    var reader = ObjectReader(body)
    let checkpoint = reader.string("checkpoint")
    let text = reader.requiredValue("dataset") == nil ? nil : reader.string("dataset")
    let dataset = text.flatMap { DatasetID($0) }
    if let text, dataset == nil {
      reader.fault("dataset", "\"\(text.prefix(80))\" is no dataset's id; give ds_…")
    }
    let asksFor = AskedPart(&reader)
    let list = reader.array("metrics", count: 0...MetricCatalog.most)
    let most = reader.integer("max_points", in: 3...1_000) ?? 1_000
    var asked: [any Metric]?
    if let list {
      do throws(Faults) {
        asked = try MetricCatalog.decode(list: list, pointer: "/metrics")
      } catch {
        reader.add(error)
      }
    }
    try reader.finish().check()
    guard let dataset, let record = try await store.datasets.get(dataset) else {
      throw Faults([Fault(pointer: "/dataset", detail: "there is no dataset \"\(text ?? "")\"")])
    }
    let members = try await examples(of: asksFor, dataset: dataset)
    let parts = try await trained(id, checkpoint: checkpoint)
    let opened = try datasets.open(record).adapted(to: parts.data)
    let graph = opened.graphExamples
    let examples: any ExampleSource = (graph as (any ExampleSource)?) ?? opened
    let faults = TrainingData(training: examples).faults(
      model: parts.model, configuration: parts.request.training, trainingPointer: "")
    try Faults(
      faults.all.filter { $0.pointer.hasPrefix("/dataset") || $0.pointer.hasPrefix("/loss") }
    )
    .check()
    let losses = parts.request.training.losses
    if let asked {
      try Evaluation.faults(
        asked, model: parts.model, losses: losses, targets: examples.targets, pointer: "/metrics"
      ).check()
    }
    var metrics = asked ?? parts.request.training.metrics
    if asked == nil, !metrics.contains(where: { $0 is Accuracy }) { metrics.append(Accuracy()) }
    let result = try Evaluation.result(
      model: parts.model, weights: parts.weights, losses: losses, examples: examples,
      indices: graph?.evaluated ?? members, metrics: metrics,
      batchSize: parts.model.isStateful ? parts.request.training.batchSize : 256)
    guard case .object(var object) = result.json else { return result.json }
    Self.add(
      result.details, asked ?? [], to: &object,
      classNames: { try? self.classNames(of: parts.request, parts.data, term: $0) }, most: most)
    object["dataset"] = .string(dataset.rawValue)
    if let split = asksFor.split {
      object["split"] = .string(split.rawValue)
      object["part"] = .string(asksFor.part)
    }
    object["checkpoint"] = .object([
      "kind": .string(parts.checkpoint.kind), "step": .integer(parts.checkpoint.step),
    ])
    return .object(object)
  }

  /// A run's model with trained weights, and the description of the data it was trained on.
  struct Trained {
    let request: RunRequest
    let model: Model
    let weights: Weights
    let checkpoint: CheckpointSummary
    let data: DatasetDescription

    /// Arrays in the order of the data's inputs, put into that of the model's.
    func order(_ arrays: [Tensor]) -> [Tensor] {
      if arrays.count == 1 { return arrays }
      let names = data.namedInputs.map(\.name)
      return model.inputs.compactMap { input in
        names.firstIndex(of: input.name).map { arrays[$0] }
      }
    }
  }

  func trained(_ id: RunID, checkpoint name: String?) async throws -> Trained {
    guard let run = try await store.runs.get(id) else { throw notFound(id) }
    let checkpoint = try await checkpoint(id, name ?? "latest")
    let bytes = try await store.checkpoints.weights(checkpoint)
    return Trained(
      request: try RunRequest(request(of: run)), model: try model(of: run),
      weights: Weights(try WeightsFile.safetensors.decoded(bytes)), checkpoint: checkpoint,
      data: try DatasetDescription(JSON(parsing: run.data)))
  }

  /// - Parameter inputs: one an input of the data.
  private func predict(_ parts: Trained, _ inputs: [Tensor]) throws -> JSON {
    let model = parts.model
    let losses = parts.request.training.losses
    let prediction = try Prediction(
      model: model, weights: parts.weights, losses: losses.byOutput(of: model))
    return answer(
      parts, try prediction.run(parts.order(inputs).map { $0.elements(of: Float.self) }))
  }

  /// The answer's document: for each of the model's outputs what came out, and where its targets are classes the
  /// most probable ones.
  func answer(_ parts: Trained, _ results: [Prediction.Result]) -> JSON {
    let model = parts.model
    let targets = parts.data.namedTargets.map {
      ExampleTarget(name: $0.name ?? ExampleTarget.onlyName, $0.target.lossTarget)
    }
    let learned = parts.request.training.losses.targetsByOutput(of: model, targets: targets)
    let answers = results.indices.map { index in
      RunService.answer(
        results[index], target: learned[index].map { parts.data.namedTargets[$0].target },
        parts.data)
    }
    var object: JSONObject
    if answers.count == 1 {
      object = answers[0]
    } else {
      object = JSONObject([
        (
          "outputs",
          .object(JSONObject(zip(model.outputs, answers).map { ($0.name, .object($1)) }))
        )
      ])
    }
    object["checkpoint"] = .object([
      "kind": .string(parts.checkpoint.kind), "step": .integer(parts.checkpoint.step),
    ])
    return .object(object)
  }

  /// What came out at one output, with the names of its classes where its target has some.
  private static func answer(
    _ result: Prediction.Result, target: DatasetDescription.Target?, _ data: DatasetDescription
  ) -> JSONObject {
    let answers = result.probabilities ?? result.outputs
    let scores = answers.elements(of: Float.self)
    var object = JSONObject([
      ("outputs", nested(scores, answers.shape.dimensions)),
      ("kind", .string(result.probabilities == nil ? "values" : "probabilities")),
    ])
    if let target, result.probabilities == nil,
      answers.shape.count == answers.shape[0] * target.shape.count,
      let numbers = target.decoded(scores)
    {
      object["predictions"] = nested(numbers.map { Float($0) }, answers.shape.dimensions)
    }
    guard let target, result.hasAnswers, !target.classes.isEmpty else { return object }
    let names = target.classes
    object["classes"] = .array(names.map { .string($0) })
    let places = target.shape.count
    let width = answers.shape.count / max(answers.shape[0] * places, 1)
    guard width == names.count else { return object }
    object["predictions"] = .array(
      (0..<answers.shape[0]).map { row in
        let found = (row * places..<(row + 1) * places).map { place in
          let values = scores[place * width..<(place + 1) * width]
          let largest = values.indices.max { scores[$0] < scores[$1] } ?? values.startIndex
          return largest - values.startIndex
        }
        return prediction(found, target, data)
      })
    return object
  }

  /// The class of an example, the classes at its places, or the text they make.
  private static func prediction(
    _ classes: [Int], _ target: DatasetDescription.Target, _ data: DatasetDescription
  ) -> JSON {
    if let text = data.text(of: classes) { return .string(text) }
    let names = target.classes
    guard case .sequence(_, _, let shape) = target else { return .string(names[classes[0]]) }
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
