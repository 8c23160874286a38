import JSON
import Store
import Training

/// What a run did within a stretch of time: everything here commits together.
struct RunBatch {
  /// A value of a scalar series at a step.
  struct Point {
    let series: String
    let step: Int
    let value: Double
    /// Of training, when it was taken.
    let seconds: Double
  }

  /// An event before it has an id.
  struct EventDraft {
    let kind: RunEvent.Kind
    let data: JSON
  }

  /// The run's parameters; only in the first batch.
  var parameters: [ParameterName] = []
  /// The names of the series that steps have beside their own, likewise.
  var series: [String] = []
  var steps: [StepRecord] = []
  var points: [Point] = []
  /// What stands behind the figures of evaluations.
  var evaluations: [StoredEvaluation] = []
  var histograms: [HistogramRecord] = []
  var activations: [ActivationRecord] = []
  var checkpoints: [CheckpointRecord] = []
  var logs: [LogRecord] = []
  var findings: [Finding] = []
  var vanishingIndex: Double?
  var events: [EventDraft] = []
  /// The names of the values of `StepRecord.series`.
  var seriesNames: [String] = []
  /// How far the run has come; the newest only.
  var progress: RunRecord.Progress?

  var isEmpty: Bool {
    steps.isEmpty && points.isEmpty && evaluations.isEmpty && histograms.isEmpty
      && activations.isEmpty
      && checkpoints.isEmpty && findings.isEmpty && vanishingIndex == nil && logs.isEmpty
      && events.isEmpty && parameters.isEmpty
      && series.isEmpty
      && progress == nil
  }
}

extension RunBatch.EventDraft {
  /// That a finding was made after a step.
  init(_ finding: Finding, at step: Int) {
    var data = finding.json.object ?? JSONObject()
    data["step"] = .integer(step)
    self.init(kind: .finding, data: .object(data))
  }
}
