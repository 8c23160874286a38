import JSON

/// Probabilities against frequencies in 15 bins of equal width: `GET /v1/runs/{id}/curves?curve=calibration`.
///
/// It has no series; `expected_calibration_error` leads to it too, with its own number of bins.
public struct CalibrationCurveMetric: Metric {
  public static let documentation = CatalogEntry(
    type: "calibration_curve",
    summary: "Probabilities against frequencies in bins; a resource, not a series.",
    formula: "(mean p, share of the class) of each bin",
    source: "As sklearn.calibration.calibration_curve with strategy=\"uniform\".")

  public init(from reader: inout ObjectReader) {}

  public var direction: EarlyStopping.Mode? { nil }
  public var tallies: [TallyKind] { [.calibration(CalibrationError.usualBins)] }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? { nil }
}
