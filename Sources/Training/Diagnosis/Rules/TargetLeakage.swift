/// A single column that all but is the target.
public enum TargetLeakage: Rule {
  public static let name = "target_leakage"
  public static let summary = "One column alone explains nearly all of the target."
  static let explained = 0.995
  public static let thresholds = [Finding.Figure("threshold_explained", explained)]

  public static func look(at evidence: Evidence) -> [Finding] {
    let columns = evidence.facts.data.columns
    // One input column is all there is to go by; that's no leak.
    guard columns.count > 1 else { return [] }
    return columns.enumerated().compactMap { index, column in
      guard let found = column.explained, found >= explained else { return nil }
      return (index, found)
    }.prefix(8).map { (index: Int, found: Double) in
      finding(
        .warning, parameter: "column \(index)", steps: 1...max(1, evidence.step),
        [("explained", found), ("column", Double(index))],
        "Column \(index) of the input (from 0) alone explains \(figure(100 * found)) % of the target's variance: perhaps "
          + "it was made from it, or is only known afterwards.",
        advice: "Leave the column out unless it is known when the model is used.", field: "/dataset"
      )
    }
  }
}
