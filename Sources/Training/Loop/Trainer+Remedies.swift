import Foundation

/// Acts on findings, at fixed steps, so that a run that goes on does what one that wasn't interrupted did.
extension Trainer {
  /// Steps between two looks.
  static let remedyInterval = 10
  /// Steps after a remedy in which no other is tried.
  static let remedyPause = 50
  static let mostRemedies = 20
  /// The bound that `clip` sets, in norms of the first hundred steps.
  private static let clipFactor = 2.0

  var hasRemedies: Bool { !observation.onFinding.isEmpty && diagnostician != nil }

  /// Has the rules look that something is to be done about, and does it.
  ///
  /// - Returns: why the run ends, when it's to end.
  func remedy(_ observer: any TrainingObserver) throws -> Outcome.Reason? {
    guard hasRemedies, step % Self.remedyInterval == 0, let diagnostician else { return nil }
    let evidence = diagnostician.evidence
    tellAfter(evidence["gradient_norm"].last?.value, observer)
    let found = RuleCatalog.all.filter { observation.onFinding[$0.name] != nil }
      .flatMap { $0.look(at: evidence) }
    guard let finding = found.first, let remedy = observation.onFinding[finding.rule] else {
      if observation.onFinding.values.contains(.rollback) { keepSnapshot() }
      return nil
    }
    guard mayAct else { return nil }
    let norm = evidence["gradient_norm"].last?.value
    note(finding.rule, remedy, norm, observer)
    switch remedy {
    case .stop: return .stopped
    case .pause: return .paused
    case .halveRate: progress.remedies.rateFactor /= 2
    case .clip:
      let usual = evidence["gradient_norm"].logBaseline.map { exp($0) } ?? norm ?? 1
      progress.remedies.clipLimit = min(
        progress.remedies.clipLimit ?? .infinity, Self.clipFactor * usual)
    case .rollback: try goBack(observer)
    }
    applyRemedies()
    return nil
  }

  /// Goes back when a number that isn't one came up and the run is to roll back then.
  func recover(from failure: TrainingFailure, _ observer: any TrainingObserver) throws -> Bool {
    guard observation.onFinding[NonFiniteOrigin.name] == .rollback, snapshot != nil,
      progress.remedies.count < Self.mostRemedies
    else { return false }
    observer.logged(LogRecord(level: .warning, message: failure.message, step: step))
    note(NonFiniteOrigin.name, .rollback, nil, observer)
    try goBack(observer)
    applyRemedies()
    return true
  }

  /// Brings rate and clip to what remedies have made of them.
  func applyRemedies() {
    engine.rateFactor = progress.remedies.rateFactor
    if let limit = progress.remedies.clipLimit { engine.bound(norm: limit) }
  }

  private var mayAct: Bool {
    let state = progress.remedies
    return state.count < Self.mostRemedies
      && (state.count == 0 || step - state.lastStep >= Self.remedyPause)
  }

  private func note(
    _ rule: String, _ remedy: Remedy, _ norm: Double?, _ observer: any TrainingObserver
  ) {
    progress.remedies.count += 1
    progress.remedies.lastStep = step
    progress.remedies.normBefore = norm
    observer.logged(
      LogRecord(
        level: .warning,
        message: "\(rule) at step \(step): \(remedy.rawValue); the gradient norm was "
          + (norm.map(figure) ?? "not finite"), step: step))
  }

  private func tellAfter(_ norm: Double?, _ observer: any TrainingObserver) {
    guard let before = progress.remedies.normBefore, let norm,
      step > progress.remedies.lastStep
    else { return }
    progress.remedies.normBefore = nil
    observer.logged(
      LogRecord(
        level: .info,
        message: "\(step - progress.remedies.lastStep) steps after the remedy the gradient norm is "
          + "\(figure(norm)); it was \(figure(before))", step: step))
  }

  // MARK: - Snapshots

  private func keepSnapshot() {
    snapshot = (engine.weights(), engine.optimizerState())
    progress.remedies.snapshotStep = step
  }

  private func goBack(_ observer: any TrainingObserver) throws {
    guard let snapshot, let kept = progress.remedies.snapshotStep else { return }
    try engine.restore(weights: snapshot.weights, optimizer: snapshot.optimizer)
    progress.remedies.rateFactor /= 2
    observer.logged(
      LogRecord(
        level: .warning,
        message: "the weights are those of step \(kept) again; the learning rate is "
          + "\(figure(engine.learningRate(step: step) / 2)) from here on", step: step))
  }

  private static let prefixes = (weights: "snapshot.weights.", optimizer: "snapshot.optimizer.")

  /// What a checkpoint has to hold of the snapshot.
  var snapshotState: [NamedTensor] {
    guard let snapshot else { return [] }
    return snapshot.weights.tensors.map {
      NamedTensor(name: Self.prefixes.weights + $0.name, tensor: $0.tensor)
    }
      + snapshot.optimizer.map {
        NamedTensor(name: Self.prefixes.optimizer + $0.name, tensor: $0.tensor)
      }
  }

  func restoreSnapshot(_ tensors: [NamedTensor]) {
    func part(_ prefix: String) -> [NamedTensor] {
      tensors.filter { $0.name.hasPrefix(prefix) }.map {
        NamedTensor(name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor)
      }
    }
    let weights = part(Self.prefixes.weights)
    guard !weights.isEmpty else { return }
    snapshot = (Weights(weights), part(Self.prefixes.optimizer))
  }
}
