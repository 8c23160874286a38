import Datasets
import Foundation
import JSON
import NeuralNetworks
import Store
import Training

extension RunService {
  /// Checks a run whole and queues it; once this returns it isn't lost, whatever happens.
  ///
  /// - Throws: `Faults` with everything that is wrong with the body or with how its parts go together.
  public func submit(_ body: JSON) async throws -> RunRecord {
    try await submit(body, environment: nil)
  }

  /// - Parameter environment: what the run is told of another's that it is to repeat.
  private func submit(_ body: JSON, environment: JSON?) async throws -> RunRecord {
    try checkTakesRuns(1)
    let new = try await new(RunRequest(body), body, environment: environment)
    let run = try await store.runs.insert(
      new, events: { $0.stateEvents }, committed: hub.publish)
    queueMoved(run)
    wakeLanes()
    return run
  }

  /// - Throws: `RunError.draining`, or `.queueFull` when there is no room for so many more.
  func checkTakesRuns(_ count: Int) throws(RunError) {
    guard isReady else {
      throw RunError(
        .draining,
        isGoingDown
          ? "the server is going down and takes no more runs"
          : "the server is starting and looks after the runs of the one before; ask again in a moment"
      )
    }
    let queued = scheduler.withLock { $0.jobs.count }
    guard queued + count <= configuration.longestQueue else {
      throw RunError(
        .queueFull,
        "\(queued) runs are queued, of \(configuration.longestQueue) that may be; try again when some are over"
      )
    }
  }

  /// A run to queue, checked whole.
  ///
  /// - Parameter document: the request as it came.
  func new(
    _ request: RunRequest, _ document: JSON, environment: JSON? = nil
  ) async throws -> NewRun {
    let parts = try await parts(of: request)
    let (model, given) = (parts.model, parts.given)
    var needs = RunNeeds()
    needs.memoryBytes = parts.memoryBytes
    needs.threads = request.training.threads
    needs.deadline = request.deadline
    needs.after = try await unfinished(request)
    return NewRun(
      name: request.name, priority: request.priority, model: request.modelID,
      datasets: RunRecord.Datasets(
        train: request.datasets.train, validation: request.datasets.validation,
        test: request.datasets.test),
      request: stored(request.stored(document, model: model)),
      data: parts.description, tags: RunRequest.encoded(request.tags),
      needs: "\(needs.json)",
      givenWeights: try given.map { try WeightsFile.safetensors.encoded($0.weights) },
      transfer: given?.match.map { "\($0.json)" },
      environment: environment.map { "\($0)" })
  }

  /// What a request names, looked up and found to go together.
  struct Parts: Sendable {
    let request: RunRequest
    let model: Model
    let data: TrainingData
    /// Of the training dataset, as JSON.
    let description: String
    /// In place of what initializers draw.
    let given: Given?
    /// The most that the run will hold.
    let memoryBytes: Int
  }

  /// Those of `after` that aren't over yet.
  private func unfinished(_ request: RunRequest) async throws -> [RunID] {
    var faults = Faults()
    var unfinished: [RunID] = []
    for (index, id) in request.after.enumerated() {
      switch try await store.runs.get(id)?.state {
      case nil: faults.add("/after/\(index)", "there is no run \"\(id)\"")
      case .succeeded: break
      case .failed, .cancelled:
        faults.add("/after/\(index)", "run \(id) didn't succeed, and never will")
      default: unfinished.append(id)
      }
    }
    if let deadline = request.deadline, Double(deadline) / 1000 < Self.now() {
      faults.add("/deadline", "has passed")
    }
    try faults.check()
    return unfinished
  }

  /// - Throws: `Faults` with everything that isn't there or doesn't go together.
  func parts(of request: RunRequest) async throws -> Parts {
    var faults = Faults()
    if let seconds = request.maximumSeconds, seconds > limits.runSeconds {
      faults.add(
        "/max_seconds", "is \(seconds); at most \(limits.runSeconds) (--max-run-seconds)")
    }
    let model = try await model(of: request.model, &faults)
    let data = try await data(of: request, &faults)
    var given: Given?
    if let model {
      given = try await givenWeights(
        model, request.initialWeights, isInline: request.model.isInline, &faults)
    }
    try faults.check()
    guard let model, let (data, description) = data else { throw faults }
    try data.faults(model: model, configuration: request.training).check()
    let request = request.sized(by: data, model: model)
    let bytes = try knownMemory(model, data, request)
    return Parts(
      request: request, model: model, data: data, description: description, given: given,
      memoryBytes: bytes)
  }

  /// Queues a run like another, with members of the body in place of its own.
  public func clone(_ id: RunID, overrides: JSON) async throws -> RunRecord {
    guard let run = try await store.runs.get(id) else { throw notFound(id) }
    guard case .object = overrides else {
      throw Faults([Fault(pointer: "", detail: "expected an object, found \(overrides.kind)")])
    }
    return try await submit(
      RunService.merged(request(of: run), overrides),
      environment: RunService.environment(ofCloneOf: run))
  }

  /// An object with another's members in place of its own, member by member (RFC 7396).
  static func merged(_ base: JSON, _ patch: JSON) -> JSON {
    guard case .object(let changes) = patch else { return patch }
    var object = base.object ?? JSONObject()
    for (name, value) in changes.members {
      object[name] = value == .null ? nil : merged(object[name] ?? .null, value)
    }
    return .object(object)
  }

  /// The model that a document's `model` names or describes.
  func model(
    of source: RunRequest.ModelSource, _ faults: inout Faults
  ) async throws -> Model? {
    switch source {
    case .inline(let model):
      faults.add(limits.faults(of: model, at: "/model"))
      return model
    case .stored(let id):
      guard let record = try await store.models.get(id) else {
        faults.add("/model", "there is no model \"\(id)\"")
        return nil
      }
      return try models.model(record)
    }
  }

  func data(
    of request: RunRequest, _ faults: inout Faults
  ) async throws -> (data: TrainingData, description: String)? {
    let named = request.datasets
    var opened: [Dataset?] = []
    var description = ""
    for (role, id) in [
      ("train", named.train as DatasetID?), ("validation", named.validation), ("test", named.test),
    ] {
      guard let id else {
        opened.append(nil)
        continue
      }
      guard let record = try await store.datasets.get(id) else {
        faults.add(
          named.isObject ? "/dataset/\(role)" : "/dataset", "there is no dataset \"\(id)\"")
        opened.append(nil)
        continue
      }
      opened.append(try datasets.open(record))
      if role == "train" { description = record.description }
    }
    let roles = try await roles(
      of: named.split, fold: named.fold, dataset: named.train, at: "/dataset", &faults)
    guard faults.isEmpty, let training = opened[0] else { return nil }
    let data = try TrainingData(
      training, validation: opened[1], test: opened[2], roles: roles)
    return (data, description)
  }

  /// The same as `memory`, which takes most of a submission's time, for what was asked of late.
  private func knownMemory(
    _ model: Model, _ data: TrainingData, _ request: RunRequest
  ) throws -> Int {
    if let known = plannedMemory.withLock({ $0[request.shape] }) { return known }
    let bytes = try memory(model, data, request)
    plannedMemory.withLock { $0[request.shape] = bytes }
    return bytes
  }

  /// The most that a run will hold, in bytes: a step, when need be with recomputation, and what stands beside it.
  ///
  /// Parameters, their gradients and the optimizer's memory come first, before any plan is made.
  ///
  /// - Throws: `Faults` when it never fits the server's memory, or the run's own budget.
  private func memory(
    _ model: Model, _ data: TrainingData, _ request: RunRequest
  ) throws -> Int {
    let rows = data.stepRows(request.training)
    let side = model.sideBytes(request.training, request.observation, rows: rows)
    let training = request.planned(
      model, stepRows: rows, memoryBytes: configuration.memoryBytes,
      threads: configuration.threads)
    let state = Double(model.stateBytes(training))
    let limit = training.memory.budgetBytes ?? configuration.memoryBytes
    let isOwn = request.training.memory.budgetBytes.map { $0 <= limit } ?? false
    var detail: String?
    if state <= Double(limit) {
      do {
        let bytes = try data.stepBytes(model, training)
        if bytes <= limit {
          return side + (try observedBytes(model, data, training, request, bytes, side: side))
        }
        detail = "a step needs \(bytes) bytes"
      } catch let error as TrainingError {
        detail = error.message
      }
    } else {
      let activations = model.layers.reduce(0) { $0 + $1.activationBytes }
      let needed = state + Double(activations) * Double(rows)
      detail =
        "training needs about \(Int(min(needed, 1e18))) bytes "
        + "(\(Int(state)) for \(model.parameterCount) parameters, their gradients and the optimizer's memory, and \(activations) bytes "
        + "of activations times \(rows) rows)"
    }
    let source =
      isOwn
      ? "training.memory.budget_bytes allows \(limit) bytes"
      : "the server allows (--memory) \(configuration.memoryBytes) bytes, of which checkpoints and probes take \(side)"
    let pointer = isOwn ? "/training/memory/budget_bytes" : "/model"
    throw Faults([Fault(pointer: pointer, detail: "\(detail ?? ""); \(source)")])
  }
}

extension RunService {
  /// The most of what plain steps, those in which probes look at every layer, and evaluations hold, in bytes.
  ///
  /// - Parameters:
  ///   - plain: what a plain step holds.
  ///   - side: what stands beside any of them.
  /// - Throws: `Faults` when it never fits the server's memory.
  private func observedBytes(
    _ model: Model, _ data: TrainingData, _ training: TrainingConfiguration, _ request: RunRequest,
    _ plain: Int, side: Int
  ) throws -> Int {
    var observed = 0
    if request.observation.observesLayers(terms: training.losses.terms.count) {
      observed = try data.stepBytes(model, training, observed: true)
    }
    if side + observed > configuration.memoryBytes, side + plain <= configuration.memoryBytes {
      throw Faults([
        Fault(
          pointer: "/observe",
          detail:
            "a step in which every layer is looked at needs \(observed) bytes, and checkpoints and probes \(side); the "
            + "server allows (--memory) \(configuration.memoryBytes); set histograms_every, activations_every and "
            + "term_gradients_every to 0, or take a smaller batch")
      ])
    }
    return max(plain, observed, try data.evaluationBytes(model, training))
  }
}

extension RunRequest {
  /// The same with steps as large as the data makes them.
  func sized(by data: TrainingData, model: Model) -> RunRequest {
    var sized = self
    sized.training = data.sized(training, model: model)
    return sized
  }

  /// Its training with the budget that the server's memory leaves to its steps, and no more threads than there are cores
  /// for; what it computes depends on neither.
  func planned(
    _ model: Model, stepRows: Int, memoryBytes: Int, threads: Int
  ) -> TrainingConfiguration {
    let side = model.sideBytes(training, observation, rows: stepRows)
    return training.limited(toBytes: max(0, memoryBytes - side)).limited(toThreads: threads)
  }

  /// The model of a run that is carried out, whose spec is in its request.
  func inlineModel() throws(RunError) -> Model {
    guard case .inline(let model) = model else {
      throw RunError(.notFound, "the run has no model")
    }
    return model
  }

  var modelID: ModelID? {
    if case .stored(let id) = model { id } else { nil }
  }

  /// What is kept of the request: as it came, with the model's spec in it.
  func stored(_ body: JSON, model: Model) -> JSON {
    guard case .object(var object) = body else { return body }
    object["model"] = model.spec.json
    return .object(object)
  }
}
