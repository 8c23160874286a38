import JSON
import NeuralNetworks
import Store
import Tensors
import Training

/// What runs begin with in place of what their initializers draw.
///
/// It's copied when a run is queued, so that a run that its weights come from may be deleted at any time.
extension RunService {
  /// Requests that may wait for a file of weights to be decoded.
  static let waitingWeights = 64

  /// Weights that a model begins with: those that the run's `initial_weights` name, and those of its `from` initializers.
  struct Given: Sendable {
    let weights: Weights
    /// Of `initial_weights`; `nil` where the run has none.
    var match: WeightsMatch?
  }

  /// What a model begins with in place of what its initializers draw.
  ///
  /// - Parameters:
  ///   - initial: what the run's `initial_weights` say.
  ///   - isInline: whether the document has the spec itself at `/model`, so that places in it can be given.
  /// - Returns: `nil` when there is nothing, or after a fault.
  func givenWeights(
    _ model: Model, _ initial: InitialWeights?, isInline: Bool, _ faults: inout Faults
  ) async throws -> Given? {
    guard let initial else {
      let given = try await initializerWeights(model, isInline: isInline, &faults)
      return given.isEmpty ? nil : Given(weights: Weights(given, isPartial: true))
    }
    guard let tensors = try await tensors(of: initial, &faults) else { return nil }
    let match = WeightsMatch(tensors, names: initial.names, to: model)
    faults.add(initial.names.faults(tensors.map(\.name), pointer: InitialWeights.pointer))
    if faults.isEmpty { faults.add(initial.faults(match)) }
    guard faults.isEmpty else { return nil }
    if initial.isStrict { return Given(weights: Weights(match.taken), match: match) }
    let others = try await initializerWeights(
      model, isInline: isInline, except: Set(match.taken.map(\.name)), &faults)
    return Given(weights: Weights(match.taken + others, isPartial: true), match: match)
  }

  private func tensors(
    of initial: InitialWeights, _ faults: inout Faults
  ) async throws -> [NamedTensor]? {
    switch initial.source {
    case .run(let run, let checkpoint):
      switch try await storedWeights(run.rawValue, checkpoint) {
      case .failure(let reason):
        faults.add(
          initial.isObject ? InitialWeights.pointer + reason.member : InitialWeights.pointer,
          reason.detail)
        return nil
      case .success(let found): return found
      }
    case .file(let id):
      guard let file = try await store.weights.get(id),
        let format = WeightsFile(rawValue: file.format)
      else {
        faults.add(initial.sourcePointer, "there are no weights \"\(id)\"")
        return nil
      }
      let bytes = try await store.weights.contents(file)
      return try await initialWeightsWork.run { try format.decoded(bytes) }
    }
  }

  /// What `from` initializers copy of other runs.
  ///
  /// - Parameter others: parameters that are known already.
  private func initializerWeights(
    _ model: Model, isInline: Bool, except others: Set<String> = [], _ faults: inout Faults
  ) async throws -> [NamedTensor] {
    let wanted = model.storedParameters.filter { !others.contains($0.parameter.name) }
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
        case .success(let tensors):
          let weights = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
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
    return given
  }

  private struct Missing: Error {
    /// The initializer's member that is at fault.
    let member: String
    let detail: String
  }

  private func storedWeights(
    _ run: String, _ checkpoint: String
  ) async throws -> Result<[NamedTensor], Missing> {
    guard let id = RunID(run), try await store.runs.get(id) != nil else {
      return .failure(Missing(member: "/run", detail: "there is no run \"\(run.prefix(80))\""))
    }
    do {
      let bytes = try await store.checkpoints.weights(self.checkpoint(id, checkpoint))
      return .success(try WeightsFile.safetensors.decoded(bytes))
    } catch let error as RunError {
      return .failure(Missing(member: "/checkpoint", detail: error.message))
    }
  }
}

extension InitialWeights {
  /// What keeps a run from beginning with what was found.
  fileprivate func faults(_ match: WeightsMatch) -> Faults {
    var faults = Faults()
    for (_, detail) in match.unusable { faults.add(Self.pointer, "\(title): \(detail)") }
    guard isStrict else {
      if match.taken.isEmpty {
        faults.add(
          Self.pointer,
          "no tensor of \(title) is a parameter of the model by name and shape; the model's are called "
            + WeightNames.listed(match.missing + match.mismatched.map(\.name))
            + (match.unexpected.isEmpty
              ? "" : ", the others \(WeightNames.listed(match.unexpected))"))
      }
      return faults
    }
    for name in match.missing {
      faults.add(
        Self.pointer,
        "\(title) has no parameter \"\(name)\"\(nearest(name, among: match.unexpected))")
    }
    for entry in match.mismatched {
      faults.add(
        Self.pointer,
        "\"\(entry.name)\" of \(title) is \(entry.found), the model's is \(entry.wanted); the two must be equal"
      )
    }
    for name in match.unexpected {
      faults.add(Self.pointer, "\"\(name)\" of \(title) is no parameter of the model")
    }
    return faults
  }
}

extension RunRequest.ModelSource {
  var isInline: Bool {
    if case .inline = self { true } else { false }
  }
}
