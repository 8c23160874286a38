import Datasets
import Foundation
import JSON
import NeuralNetworks
import Store
import Synchronization
import Training

extension RunService {
  /// Trains a claimed run on the calling lane, from its beginning or where it was, to its end.
  func train(_ run: RunRecord) {
    let control = TrainingControl()
    active.withLock { $0[run.id] = control }
    watch(run, control)
    defer {
      unwatch(run.id, control)
      // A run that was paused may be resumed, and taken by another lane, before this one gets here.
      active.withLock { if $0[run.id] === control { $0[run.id] = nil } }
    }
    if isGoingDown { control.request(.pause) }
    do {
      let run = try fitted(run)
      let job = try job(of: run)
      // A client may have asked since the run was taken, before there was a control to tell.
      if let wish = try store.runs.getAndWait(run.id)?.wish, wish != run.wish {
        control.request(TrainingControl.Request(wish))
      }
      let warnings = try noteEnvironment(of: run)
      let recorder = try recorder(of: run, job, control)
      for warning in warnings { recorder.logged(warning) }
      let outcome = try executor.execute(job, control: control, observer: recorder)
      unwatch(run.id, control)
      if let failure = outcome.failure {
        try keepAutopsy(of: failure, run, job, recorder, control)
      }
      recorder.flush()
      if job.observation.diagnoses, let finding = try similarRuns(to: run, outcome) {
        recorder.diagnosed(
          DiagnosisRecord(step: outcome.step, findings: [finding], vanishingIndex: nil))
        recorder.flush()
      }
      if let failure = recorder.failure { throw failure }
      try end(run, outcome)
    } catch {
      giveUp(run, error)
    }
  }

  /// A run at its beginning whose scalings are found from what it trains on; any other as it is.
  private func fitted(_ run: RunRecord) throws -> RunRecord {
    guard run.attempt == 1, run.datasets.validation == nil else { return run }
    let request = try RunRequest(JSON(parsing: run.request))
    guard let record = try store.datasets.getAndWait(run.datasets.train) else { return run }
    let dataset = try datasets.open(record)
    guard dataset.isFittedByRuns else { return run }
    let roles = try split(of: run, request)?.roles(examples: dataset.examples)
    let examples = TrainingData(training: dataset, roles: roles).trained(
      request.training, model: try request.inlineModel())
    guard let examples else { return run }
    let description = dataset.fitted(to: examples)
    guard description != dataset.description else { return run }
    var fitted = run
    fitted.data = description.json.description
    try store.runs.note(data: fitted.data, of: run.id, attempt: run.attempt)
    return fitted
  }

  /// The run's parts, opened and decoded again.
  private func job(of run: RunRecord) throws -> TrainingJob {
    let request = try RunRequest(JSON(parsing: run.request))
    let state = try newestState(of: run)
    return try TrainingJob(
      origin(of: run, request), request,
      initialWeights: state == nil ? initialWeights(of: run, request) : nil, resuming: state,
      maximumSeconds: maximumSeconds(of: run, request),
      // It was asked to stop, and comes again to where it was.
      lastStep: run.wish == .stop ? run.progress.step : nil)
  }

  /// Where an earlier attempt had come to.
  func newestState(of run: RunRecord) throws -> CheckpointState? {
    try store.checkpoints.newestState(run.id).map {
      try CheckpointState(decoding: $0.state, weights: $0.weights)
    }
  }

  /// From what a process of its own makes the same job.
  private func origin(of run: RunRecord, _ request: RunRequest) throws -> TrainingJob.Origin {
    func folder(_ id: DatasetID) throws -> URL {
      guard let record = try store.datasets.getAndWait(id) else {
        throw RunError(.notFound, "dataset \(id) was deleted")
      }
      return datasets.folder(record)
    }
    return TrainingJob.Origin(
      request: run.request, training: try folder(run.datasets.train),
      data: try ownData(of: run),
      validation: try run.datasets.validation.map(folder),
      test: try run.datasets.test.map(folder), split: try split(of: run, request),
      memoryBytes: configuration.memoryBytes,
      runBytes: RunNeeds(of: run).memoryBytes,
      threads: threadLimit(of: run))
  }

  /// The split that the run names.
  private func split(
    of run: RunRecord, _ request: RunRequest
  ) throws -> TrainingJob.Origin.Split? {
    guard let id = request.datasets.split else { return nil }
    guard let record = try store.splits.getAndWait(id),
      let dataset = try store.datasets.getAndWait(run.datasets.train)
    else {
      throw RunError(.notFound, "split \(id) was deleted")
    }
    return TrainingJob.Origin.Split(
      recipe: record.recipe, file: try splits.file(of: record, dataset),
      fold: request.datasets.fold)
  }

  /// What the data is to the run's model, where that was found for the run alone.
  private func ownData(of run: RunRecord) throws -> String? {
    let record = try store.datasets.getAndWait(run.datasets.train)
    guard record?.description != run.data,
      let own = try? DatasetDescription(JSON(parsing: run.data)), own.graph == nil,
      own.input.windows == nil
    else { return nil }
    return run.data
  }

  /// Of training in all, by what the request allows and by the deadline.
  private func maximumSeconds(of run: RunRecord, _ request: RunRequest) -> Double? {
    let deadline = request.deadline.map {
      max(0, Double($0) / 1000 - Self.now()) + run.progress.elapsedSeconds
    }
    let longest = Double(min(request.maximumSeconds ?? .max, limits.runSeconds))
    return min(longest, deadline ?? .infinity)
  }

  private func initialWeights(
    of run: RunRecord, _ request: RunRequest
  ) throws -> Weights? {
    let model = try request.inlineModel()
    guard request.initialWeights != nil || !model.storedParameters.isEmpty else { return nil }
    var bytes = try store.checkpoints.givenWeights(run.id)
    // A run that was queued before weights were copied at that time.
    if bytes == nil, case .run(let id, _)? = request.initialWeights?.source {
      bytes = try store.checkpoints.newestWeights(id)
    }
    guard let bytes else {
      throw RunError(.noCheckpoint, "the weights that the run begins with are gone")
    }
    return Weights(
      try WeightsFile.safetensors.decoded(bytes),
      isPartial: request.initialWeights?.isStrict != true)
  }

  private func recorder(
    of run: RunRecord, _ job: TrainingJob, _ control: TrainingControl
  ) throws -> RunRecorder {
    let told =
      run.attempt == 1
      ? ToldEvents.none
      : try ToldEvents(step: run.progress.step) {
        try store.events.newest(of: run.id, limit: $0).compactMap(RunEvent.init)
      }
    let metrics = Mutex(RunService.parsed(run.metrics).object ?? JSONObject())
    let history = store.history
    let hub = hub
    let keep = job.configuration.checkpoint.keep
    return RunRecorder(
      sink: { [self] batch in
        let rows = try metrics.withLock { try batch.historyBatch(metrics: &$0, keep: keep) }
        try history.append(rows, to: run.id, attempt: run.attempt, committed: hub.publish)
        recordedSteps.add(batch.steps.count, ordering: .relaxed)
      },
      control: control, told: told,
      found: run.attempt == 1 ? [] : try store.findings.keys(of: run.id), label: run.id.rawValue)
  }

  private func end(_ run: RunRecord, _ outcome: Outcome) throws {
    let givesWay = givingWay.withLock { $0.remove(run.id) } != nil
    try settle(run) { try end($0, outcome, givesWay: givesWay) }
  }

  private func end(
    _ current: RunRecord, _ outcome: Outcome, givesWay: Bool
  ) throws -> RunRecord? {
    let reason = StateReason(rawValue: outcome.reason.rawValue)
    switch outcome.reason {
    case .completed: return try transition(current, .complete, reason: reason)
    case .earlyStopped: return try transition(current, .stopEarly, reason: reason)
    case .stopped, .timeLimit: return try transition(current, .stopped, reason: reason)
    case .cancelled: return try transition(current, .cancelled, reason: reason)
    case .paused:
      if current.wish == .stop, outcome.step >= current.progress.step {
        return try transition(current, .stopped, reason: .stopped)
      }
      // A server that goes down has its runs pause, to go on with them when it is back.
      if isGoingDown { return try takeBack(current, .serverRestart, reason: .serverRestart) }
      if givesWay {
        log("run \(current.id) gives way to others after step \(outcome.step)")
        return try takeBack(current, .giveBack, reason: nil)
      }
      return try takeBack(current, .paused, reason: nil)
    case .diverged, .nonFinite:
      var detail = JSONObject([
        ("type", .string("/problems/\(outcome.reason.rawValue.replacing("_", with: "-"))")),
        ("title", .string("Training can't go on")),
        ("detail", .string(outcome.failure?.message ?? "")),
        ("step", .integer(outcome.failure?.step ?? outcome.step)),
      ])
      if let layer = outcome.failure?.layer { detail["layer"] = .string(layer) }
      if let parameter = outcome.failure?.parameter { detail["parameter"] = .string(parameter) }
      return try transition(current, .fail, reason: reason, error: .object(detail))
    }
  }

  /// Ends a run that couldn't be carried out as failed, with what is known of why, or has it tried again.
  func giveUp(_ run: RunRecord, _ error: any Error) {
    log("run \(run.id), attempt \(run.attempt): \(error)")
    do {
      if case WorkerError.died(let signal) = error {
        try tryAgain(run, afterDeath: "The worker process", of: signal)
        return
      }
      try settle(run) { current in
        if let again = try tryAgain(current, claimed: run, after: error) { return again }
        let (reason, title) = RunService.fault(of: error)
        return try transition(
          current, .fail, reason: reason,
          error: .object([
            "type": .string("/problems/\(reason.rawValue.replacing("_", with: "-"))"),
            "title": .string(title), "detail": .string("\(error)"),
          ]))
      }
    } catch {
      // It stays `running` in the store until that can be written, or until the next start.
      stranded.withLock { $0.append((run, error)) }
      log("run \(run.id) couldn't be ended: \(error)")
    }
  }

  static func fault(of error: any Error) -> (StateReason, String) {
    switch error {
    case WorkerError.failed(let reason, let title, _): (reason, title)
    case let error as StoreError:
      error.code == .diskFull
        ? (.diskFull, "The disk is full") : (.workerLost, "The store can't be written")
    case is Faults, is DatasetError, is RunError, is JSONSyntaxError:
      (.invalidData, "The run's parts can't be used")
    case let error as TrainingError:
      error.code == .plan
        ? (.outOfMemory, "The run couldn't be planned") : (.invalidData, "The data can't be used")
    default: (.workerLost, "Training ended unexpectedly")
    }
  }
}
