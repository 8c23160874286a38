import Foundation
import JSON
import Store
import Training

extension RunBatch {
  /// Turns what the trainer reports into rows and events.
  struct Composer {
    /// Seconds between two `step` events.
    private static let stepEventInterval = 0.1

    private let told: ToldEvents
    /// The keys of findings that were told.
    private var found: Set<String>
    private var summary: TrainingSummary?
    private var lastStepEvent = -1.0
    /// The speed over the block before, in steps a second of training.
    private var stepsPerSecond = 0.0
    private var lastBlock = (step: 0, seconds: 0.0)

    init(told: ToldEvents, found: Set<String> = []) {
      self.told = told
      self.found = found
    }

    mutating func start(_ summary: TrainingSummary, to batch: inout RunBatch) {
      self.summary = summary
      batch.parameters = summary.parameters.map { ParameterName(layer: $0.layer, name: $0.name) }
      batch.series = seriesNames
      lastBlock.step = summary.resumedStep
    }

    mutating func add(_ block: StepBlock, to batch: inout RunBatch) {
      guard let summary, !block.isEmpty else { return }
      addSteps(of: block, to: &batch)
      let progress = self.progress(after: block, summary)
      batch.progress = progress
      if told.isNews(.step, step: block.lastStep),
        progress.elapsedSeconds - lastStepEvent >= Self.stepEventInterval
          || block.lastStep == summary.totalSteps
      {
        lastStepEvent = progress.elapsedSeconds
        batch.events.append(stepEvent(block, progress, summary))
      }
    }

    /// What steps hold beside what all hold: each term's loss, then its weight, then what this run's steps have.
    private var seriesNames: [String] {
      let terms = summary?.terms ?? []
      return ["train_loss", "loss_weight"].flatMap { base in
        terms.map { SeriesOfTerm.name(base, $0) }
      } + (summary?.stepSeries ?? [])
    }

    private func addSteps(of block: StepBlock, to batch: inout RunBatch) {
      if block.termCount + block.ownCount > 0 { batch.seriesNames = seriesNames }
      var place = 0
      for index in 0..<block.count {
        var gradients: ArraySlice<ParameterGradient> = []
        var clipped: ArraySlice<ParameterGradient> = []
        var updates: ArraySlice<ParameterUpdate> = []
        if place < block.measured.count, Int(block.measured[place]) == index {
          let range = place * block.parameterCount..<(place + 1) * block.parameterCount
          gradients = block.gradients[range]
          updates = block.updates[range]
          if !block.clippedGradients.isEmpty { clipped = block.clippedGradients[range] }
          place += 1
        }
        batch.steps.append(
          StepRecord(
            step: block.firstStep + index, seconds: block.seconds[index],
            loss: block.losses[index], learningRate: block.learningRates[index],
            gradientNorm: gradients.isEmpty ? nil : RunBatch.globalNorm(gradients),
            gradients: gradients.map(GradientSummary.init),
            clipped: clipped.map(GradientSummary.init),
            updates: updates.map {
              UpdateSummary(weightNorm: Float($0.weightNorm), updateNorm: Float($0.updateNorm))
            }, series: block.series(at: index)))
      }
    }

    private mutating func progress(after block: StepBlock, _ summary: TrainingSummary)
      -> RunRecord.Progress
    {
      let last = block.count - 1
      let seconds = block.seconds[last]
      if seconds > lastBlock.seconds {
        stepsPerSecond = Double(block.lastStep - lastBlock.step) / (seconds - lastBlock.seconds)
      }
      lastBlock = (block.lastStep, seconds)
      let stepsLeft = summary.totalSteps - block.lastStep
      let examplesPerStep =
        Double(summary.trainingExamples) / Double(max(summary.stepsPerEpoch, 1))
      var progress = RunRecord.Progress()
      progress.epoch = Int(block.epochs[last])
      progress.step = block.lastStep
      progress.totalSteps = summary.totalSteps
      progress.examplesPerSecond = stepsPerSecond * examplesPerStep
      progress.elapsedSeconds = seconds
      progress.etaSeconds = stepsPerSecond > 0 ? Double(stepsLeft) / stepsPerSecond : nil
      return progress
    }

    private func stepEvent(
      _ block: StepBlock, _ progress: RunRecord.Progress, _ summary: TrainingSummary
    ) -> EventDraft {
      let last = block.count - 1
      var data = JSONObject([
        ("step", .integer(progress.step)),
        ("total_steps", .integer(summary.totalSteps)),
        ("epoch", .integer(progress.epoch)),
        ("loss", .number(block.losses[last])),
        ("learning_rate", .number(block.learningRates[last])),
        ("examples_per_second", .number((progress.examplesPerSecond ?? 0).rounded())),
        ("elapsed_seconds", .number(progress.elapsedSeconds)),
        ("eta_seconds", progress.etaSeconds.map { .number($0) } ?? .null),
      ])
      if block.termCount > 0 {
        let values = block.series(at: last)
        data["terms"] = .object(
          JSONObject(
            summary.terms.enumerated().map { index, name in
              (
                name,
                [
                  "loss": .number(values[index]),
                  "weight": .number(values[block.termCount + index]),
                ]
              )
            }))
      }
      if let place = summary.stepSeries.firstIndex(of: "train_penalty") {
        data["penalty"] = .number(block.series(at: last)[2 * block.termCount + place])
      }
      if let index = block.measured.last, let gradients = block.gradients(at: Int(index)) {
        data["gradient_norms"] = .object(
          JSONObject(
            zip(summary.parameters, gradients).map { ($0.name, .number($1.norm)) }))
      }
      return EventDraft(kind: .step, data: .object(data))
    }

    func add(_ histograms: [HistogramRecord], to batch: inout RunBatch) {
      batch.histograms += histograms
      guard let first = histograms.first, told.isNews(.histogram, step: first.step) else { return }
      var quantities: [String] = []
      for record in histograms where !quantities.contains(record.quantity.rawValue) {
        quantities.append(record.quantity.rawValue)
      }
      batch.events.append(
        EventDraft(
          kind: .histogram,
          data: [
            "step": .integer(first.step), "quantities": .array(quantities.map { .string($0) }),
          ]))
    }

    func add(_ values: [SeriesValue], to batch: inout RunBatch) {
      batch.points += values.map {
        Point(series: $0.name, step: $0.step, value: $0.value, seconds: $0.seconds)
      }
    }

    func add(_ epoch: EpochRecord, to batch: inout RunBatch) {
      var data = JSONObject([
        ("epoch", .integer(epoch.epoch)), ("step", .integer(epoch.step)),
        ("train_loss", .number(epoch.loss)),
      ])
      batch.points.append(
        Point(series: "epoch_loss", step: epoch.step, value: epoch.loss, seconds: epoch.seconds))
      for figure in epoch.figures {
        data["train_\(figure.name)"] = .number(figure.value)
        batch.points.append(
          Point(
            series: "train_\(figure.name)", step: epoch.step, value: figure.value,
            seconds: epoch.seconds))
      }
      for term in epoch.terms {
        let values =
          [("epoch_loss", term.loss)] + term.figures.map { ("train_\($0.name)", $0.value) }
        for (base, value) in values {
          batch.points.append(
            Point(
              series: SeriesOfTerm.name(base, term.name), step: epoch.step, value: value,
              seconds: epoch.seconds))
        }
      }
      if !epoch.terms.isEmpty { data["terms"] = epoch.terms.json }
      data["examples_per_second"] = .number(epoch.examplesPerSecond.rounded())
      data["elapsed_seconds"] = .number(epoch.seconds)
      if told.isNews(.epoch, step: epoch.step) {
        batch.events.append(EventDraft(kind: .epoch, data: .object(data)))
      }
    }

    func add(_ evaluation: EvaluationRecord, to batch: inout RunBatch) {
      let part = evaluation.part.rawValue
      let result = evaluation.result
      var data = JSONObject([
        ("part", .string(part)), ("step", .integer(evaluation.step)),
        ("epoch", .integer(evaluation.epoch)), ("\(part)_loss", .number(result.loss)),
      ])
      var values = [("\(part)_loss", result.loss)]
      for figure in result.figures {
        data["\(part)_\(figure.name)"] = .number(figure.value)
        values.append(("\(part)_\(figure.name)", figure.value))
      }
      for term in result.terms {
        values.append((SeriesOfTerm.name("\(part)_loss", term.name), term.loss))
        values += term.figures.map {
          (SeriesOfTerm.name("\(part)_\($0.name)", term.name), $0.value)
        }
      }
      batch.evaluations += evaluation.stored
      if !result.terms.isEmpty { data["terms"] = result.terms.json }
      data["examples"] = .integer(result.examples)
      data["is_best"] = .bool(evaluation.isBest)
      for (series, value) in values {
        batch.points.append(
          Point(series: series, step: evaluation.step, value: value, seconds: evaluation.seconds))
      }
      if told.isNews(.validation, step: evaluation.step, part) {
        batch.events.append(EventDraft(kind: .validation, data: .object(data)))
      }
    }

    func add(_ checkpoint: CheckpointRecord, to batch: inout RunBatch) {
      batch.checkpoints.append(checkpoint)
      guard told.isNews(.checkpoint, step: checkpoint.step, checkpoint.kind.rawValue) else {
        return
      }
      var data = JSONObject([
        ("kind", .string(checkpoint.kind.rawValue)), ("step", .integer(checkpoint.step)),
        ("epoch", .integer(checkpoint.epoch)),
        ("size_bytes", .integer(checkpoint.weights.byteCount)),
      ])
      if let metric = checkpoint.metric { data[metric.name] = .number(metric.value) }
      batch.events.append(EventDraft(kind: .checkpoint, data: .object(data)))
    }

    /// A finding is told once; that it goes on or holds no more shows in the diagnosis.
    mutating func add(_ diagnosis: DiagnosisRecord, to batch: inout RunBatch) {
      batch.vanishingIndex = diagnosis.vanishingIndex
      for finding in diagnosis.findings {
        batch.findings.append(finding)
        guard found.insert(finding.key).inserted else { continue }
        batch.events.append(EventDraft(finding, at: diagnosis.step))
      }
    }

    func add(_ record: LogRecord, to batch: inout RunBatch) {
      batch.logs.append(record)
      guard told.isNews(.log, step: record.step, record.message) else { return }
      batch.events.append(
        EventDraft(
          kind: .log,
          data: [
            "level": .string(record.level.rawValue), "message": .string(record.message),
            "step": .integer(record.step),
          ]))
    }
  }

  /// The norm of all parameters' gradients together.
  static func globalNorm(_ parameters: ArraySlice<ParameterGradient>) -> Double {
    parameters.reduce(0) { $0 + $1.norm * $1.norm }.squareRoot()
  }
}

extension GradientSummary {
  init(_ gradient: ParameterGradient) {
    self.init(
      norm: Float(gradient.norm), largest: Float(gradient.largest), mean: Float(gradient.mean),
      counts: NonFiniteCounts(
        nan: UInt32(clamping: gradient.nanCount),
        positive: UInt32(clamping: gradient.positiveInfinityCount),
        negative: UInt32(clamping: gradient.negativeInfinityCount)))
  }
}
