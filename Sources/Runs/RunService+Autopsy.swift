import JSON
import Store
import Training

/// Why a run's numbers stopped being numbers.
extension RunService {
  /// Steps before the failure whose growth is shown.
  private static let growthSteps = 50
  /// Parameters whose growth is shown at most, those of the layer at fault first.
  private static let mostParameters = 64

  /// Keeps what is known of a failure.
  ///
  /// Gradients that aren't finite are seen when the parameters have moved already; then the run is trained again from its
  /// newest state to the step before, which gives the same bits, and that step is looked at operation by operation.
  func keepAutopsy(
    of failure: TrainingFailure, _ run: RunRecord, _ job: TrainingJob, _ recorder: RunRecorder,
    _ control: TrainingControl
  ) throws {
    var autopsy = failure.autopsy
    if autopsy.weightsStep == nil {
      let start = job.beginning(at: try newestState(of: run))
      do {
        if let found = try executor.examine(start, step: failure.step, control: control) {
          autopsy.add(found.operation, weightsStep: failure.step - 1)
          recorder.checkpointReached(found.checkpoint)
        }
      } catch {
        // The run has failed for a reason of its own, which is kept whatever becomes of looking closer.
        recorder.logged(
          LogRecord(
            level: .warning, message: "the step couldn't be looked at: \(error)",
            step: failure.step))
      }
    }
    try store.autopsies.put("\(autopsy.json)", of: run.id, attempt: run.attempt)
  }

  /// What was found of a run's failure, with how its numbers grew before it.
  ///
  /// - Throws: `RunError.notFound` for a run that has no such failure.
  public func autopsy(_ run: RunRecord) async throws -> JSON {
    guard let text = try await store.autopsies.get(run.id),
      case .object(var object) = try JSON(parsing: text)
    else {
      throw RunError(
        .notFound,
        "run \(run.id) is \(run.state.rawValue)\(run.stateReason.map { " (\($0.rawValue))" } ?? "") and has no "
          + "autopsy; only a run that fails as non_finite or diverged has one")
    }
    let step = object["step"]?.integer ?? run.progress.step
    object["growth"] = try await growth(run, before: step, at: object["layer"]?.string)
    if let weights = object["weights_step"]?.integer {
      object["weights"] = .string("/v1/runs/\(run.id)/weights?checkpoint=\(weights)")
    }
    return .object(object)
  }

  /// The loss and the gradients' norms of the last steps before one.
  private func growth(
    _ run: RunRecord, before step: Int, at layer: String?
  ) async throws -> JSON {
    let first = max(0, step - 1 - Self.growthSteps)
    func points(_ series: String) async throws -> JSON {
      let points = try await store.history.points(
        run.id, series: series, after: first, through: step, limit: Self.growthSteps + 1)
      return .array(
        points.map { [.integer($0.step), $0.value.map { .number($0) } ?? .null] })
    }
    let named = try await store.history.parameters(run.id).enumerated().map {
      (position: $0, layer: $1.layer, name: $1.name)
    }
    let shown = Array(
      (named.filter { $0.layer == layer } + named.filter { $0.layer != layer })
        .prefix(Self.mostParameters))
    let steps = try await store.history.gradients(
      run.id, isClipped: false, positions: shown.map(\.position), after: first, through: step,
      limit: Self.growthSteps + 1)
    let parameters: [JSON] = shown.enumerated().map { index, parameter in
      let points: [JSON] = steps.compactMap { step, entries in
        guard let entry = entries[index] else { return nil }
        let norm = Double(entry.norm)
        return [.integer(step), norm.isFinite ? .number(norm) : .null]
      }
      return [
        "parameter": .string(parameter.name), "layer": .string(parameter.layer),
        "gradient_norm": .array(points),
      ]
    }
    return [
      "train_loss": try await points("train_loss"),
      "gradient_norm": try await points("gradient_norm"),
      "parameters": .array(parameters),
    ]
  }
}
