import Foundation
import JSON
import Store
import Training

extension RunBatch {
  /// The batch as the store takes it.
  ///
  /// - Parameters:
  ///   - metrics: the newest value of each series; brought up to date with the batch.
  ///   - keep: how many periodic checkpoints stay.
  func historyBatch(metrics: inout JSONObject, keep: Int) throws -> HistoryBatch {
    var history = HistoryBatch()
    history.parameters = parameters
    history.series = series
    history.steps = steps
    history.points = points.map {
      PointRecord(
        series: $0.series, step: $0.step, seconds: $0.seconds,
        value: $0.value.isFinite ? $0.value : nil)
    }
    history.evaluations = StoredEvaluation.kept(evaluations)
    history.histograms = histograms.map {
      StoredHistogram(
        quantity: $0.quantity.rawValue, layer: $0.layer, parameter: $0.parameter, step: $0.step,
        data: $0.histogram.encoded())
    }
    history.activations = activations.map {
      StoredActivation(layer: $0.layer, step: $0.step, data: "\($0.json)")
    }
    history.findings = findings.map(StoredFinding.init)
    history.vanishingIndex = vanishingIndex
    history.logs = logs.map(StoredLog.init)
    history.events = events.map(NewEvent.init)
    history.checkpoints = checkpoints.map { checkpoint in
      NewCheckpoint(
        kind: checkpoint.kind.rawValue, step: checkpoint.step, epoch: checkpoint.epoch,
        metric: checkpoint.metric.map { "\(JSON.object([$0.name: .number($0.value)]))" },
        weights: FileContent {
          try WeightsFile.safetensors.write(checkpoint.weights.tensors, to: $0)
        },
        state: checkpoint.state.map { state in
          FileContent { try state.write(holdsWeights: false, to: $0) }
        }, keep: checkpoint.kind == .periodic ? keep : 1)
    }
    history.progress = progress
    update(&metrics, names: seriesNames)
    if !steps.isEmpty || !points.isEmpty { history.metrics = "\(JSON.object(metrics))" }
    if let best = checkpoints.last(where: { $0.kind == .best }), let metric = best.metric {
      history.best =
        "\(JSON.object([metric.name: .number(metric.value), "step": .integer(best.step)]))"
    }
    return history
  }

  private func update(_ metrics: inout JSONObject, names: [String]) {
    if let last = steps.last {
      metrics["train_loss"] = .number(last.loss)
      metrics["learning_rate"] = .number(last.learningRate)
      if let norm = last.gradientNorm { metrics["gradient_norm"] = .number(norm) }
      for (name, value) in zip(names, last.series) { metrics[name] = .number(value) }
    }
    for point in points { metrics[point.series] = .number(point.value) }
  }
}

extension JSON {
  /// An object of a few members.
  static func object(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(JSONObject(members.map { ($0.key, $0.value) }))
  }
}

extension ActivationRecord {
  var json: JSON {
    .object([
      "mean": .number(mean), "standard_deviation": .number(standardDeviation),
      "min": .number(minimum), "max": .number(maximum),
      "saturated_fraction": .number(saturatedFraction), "dead_fraction": .number(deadFraction),
      "nonfinite": .integer(nonFiniteCount),
      "effective_rank": .number(effectiveRank),
      "gradient": .object([
        "l2": .number(gradient.norm), "max_abs": .number(gradient.largest),
        "mean": .number(gradient.mean), "nonfinite": .integer(gradient.nonFiniteCount),
      ]),
    ])
  }
}

extension StoredFinding {
  init(_ finding: Finding) {
    self.init(
      key: finding.key, rule: finding.rule, severity: finding.severity.rawValue,
      fromStep: finding.fromStep, data: "\(finding.json)")
  }
}

extension StoredLog {
  /// A line of now.
  init(_ record: LogRecord) {
    self.init(
      at: Int(RunService.now() * 1000), level: record.level.rawValue, step: record.step,
      message: record.message)
  }
}

extension NewEvent {
  init(_ draft: RunBatch.EventDraft) { self.init(kind: draft.kind.rawValue, data: "\(draft.data)") }
}
