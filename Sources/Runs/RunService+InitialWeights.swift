import JSON
import NeuralNetworks
import Store
import Tensors
import Training

/// What runs begin with in place of what their initializers draw.
///
/// It's copied when a run is queued, so that a run that its weights come from may be deleted at any time.
extension RunService {
  /// Weights of other runs that a model begins with: all of one run's, or those of its `from` initializers.
  ///
  /// - Parameters:
  ///   - whole: the run whose weights are all taken.
  ///   - isInline: whether the document has the spec itself at `/model`, so that places in it can be given.
  /// - Returns: `nil` when there are none, or after a fault.
  func givenWeights(
    _ model: Model, whole: RunID?, isInline: Bool, _ faults: inout Faults
  ) async throws -> Weights? {
    if let whole { return try await wholeWeights(model, of: whole, &faults) }
    let wanted = model.storedParameters
    guard !wanted.isEmpty else { return nil }
    struct Source: Hashable {
      let run: String
      let checkpoint: String
    }
    var sources: [Source] = []
    for entry in wanted {
      let source = Source(run: entry.from.run, checkpoint: entry.from.checkpoint)
      if !sources.contains(source) { sources.append(source) }
    }
    var given: [NamedTensor] = []
    for source in sources {
      let found = try await storedWeights(source.run, source.checkpoint)
      for entry in wanted
      where entry.from.run == source.run && entry.from.checkpoint == source.checkpoint {
        let pointer = isInline ? "/model" + entry.place : "/model"
        let place = isInline ? "" : "\(entry.place): "
        switch found {
        case .failure(let reason):
          faults.add("\(pointer)\(isInline ? reason.member : "")", place + reason.detail)
        case .success(let weights):
          let name = entry.from.parameter ?? entry.parameter.name
          guard let tensor = weights[name] else {
            let known = weights.keys.sorted()
            faults.add(
              isInline ? "\(pointer)/parameter" : pointer,
              place + "run \(source.run) has no parameter \"\(name.prefix(200))\""
                + nearest(name, among: known)
                + (known.count <= 32 ? "; it has: \(known.joined(separator: ", "))" : ""))
            continue
          }
          guard tensor.shape == entry.parameter.shape else {
            faults.add(
              pointer,
              place + "\"\(name)\" of run \(source.run) is \(tensor.shape), and "
                + "\"\(entry.parameter.name)\" is \(entry.parameter.shape); the two must be equal")
            continue
          }
          given.append(NamedTensor(name: entry.parameter.name, tensor: tensor))
        }
      }
    }
    return Weights(given, isPartial: true)
  }

  private struct Missing: Error {
    /// The initializer's member that is at fault.
    let member: String
    let detail: String
  }

  private func storedWeights(
    _ run: String, _ checkpoint: String
  ) async throws -> Result<[String: Tensor], Missing> {
    guard let id = RunID(run), try await store.runs.get(id) != nil else {
      return .failure(Missing(member: "/run", detail: "there is no run \"\(run.prefix(80))\""))
    }
    do {
      let bytes = try await store.checkpoints.weights(self.checkpoint(id, checkpoint))
      let tensors = try WeightsFile.safetensors.decoded(bytes)
      return .success(Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first })
    } catch let error as RunError {
      return .failure(Missing(member: "/checkpoint", detail: error.message))
    }
  }

  private func wholeWeights(
    _ model: Model, of run: RunID, _ faults: inout Faults
  ) async throws -> Weights? {
    let weights: [String: Tensor]
    switch try await storedWeights(run.rawValue, "latest") {
    case .failure(let reason):
      faults.add("/initial_weights", reason.detail)
      return nil
    case .success(let found): weights = found
    }
    var given: [NamedTensor] = []
    for parameter in model.parameters {
      guard let tensor = weights[parameter.name] else {
        faults.add("/initial_weights", "run \(run) has no parameter \"\(parameter.name)\"")
        continue
      }
      if tensor.shape != parameter.shape {
        faults.add(
          "/initial_weights",
          "\"\(parameter.name)\" of run \(run) is \(tensor.shape), the model's is "
            + "\(parameter.shape); the two must be equal")
      }
      given.append(NamedTensor(name: parameter.name, tensor: tensor))
    }
    let known = Set(model.parameters.map(\.name))
    for name in weights.keys.sorted() where !known.contains(name) {
      faults.add("/initial_weights", "\"\(name)\" of run \(run) is no parameter of the model")
    }
    return Weights(given)
  }
}

extension RunRequest.ModelSource {
  var isInline: Bool {
    if case .inline = self { true } else { false }
  }
}
