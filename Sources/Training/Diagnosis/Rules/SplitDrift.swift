/// Columns that are elsewhere in the validation's examples than in those that are trained on.
public enum SplitDrift: Rule {
  public static let name = "split_drift"
  public static let summary =
    "A column's mean differs between training and validation by more than its standard deviation."
  static let distance = 1.0
  static let fewest = 50
  public static let thresholds = [
    Finding.Figure("threshold_distance", distance),
    Finding.Figure("threshold_examples", Double(fewest)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let data = evidence.facts.data
    guard let count = data.validationExamples, count >= fewest,
      data.columns.count == data.validationColumns.count
    else { return [] }
    let distances = zip(data.columns, data.validationColumns).map { one, other -> Double in
      let spread = max(one.standardDeviation, other.standardDeviation)
      return spread > 0 ? abs(one.mean - other.mean) / spread : 0
    }
    let far = distances.indices.filter { distances[$0] > distance }
    guard let most = far.max(by: { distances[$0] < distances[$1] }) else { return [] }
    return [
      finding(
        .warning, parameter: "column \(most)", steps: 1...max(1, evidence.step),
        [
          ("distance", distances[most]), ("columns", Double(far.count)),
          ("training_mean", data.columns[most].mean),
          ("validation_mean", data.validationColumns[most].mean),
        ],
        "Column \(most) of the input (from 0) lies \(figure(distances[most])) standard deviations elsewhere in the validation's "
          + "examples than in those that are trained on\(far.count > 1 ? ", and so do \(far.count - 1) others" : "").",
        advice:
          "See whether both come from one source; where time passes between them, the validation tells how the model ages.",
        field: "/dataset")
    ]
  }
}
