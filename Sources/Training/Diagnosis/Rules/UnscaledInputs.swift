/// Inputs whose numbers are far from 1, or columns of very different sizes.
public enum UnscaledInputs: Rule {
  public static let name = "unscaled_inputs"
  public static let summary =
    "The inputs' root mean square is far from 1, or one column varies a hundred times as much as another."
  static let largest = 10.0
  static let smallest = 1e-3
  static let ratio = 100.0
  public static let thresholds = [
    Finding.Figure("threshold_largest_rms", largest),
    Finding.Figure("threshold_smallest_rms", smallest), Finding.Figure("threshold_ratio", ratio),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let data = evidence.facts.data
    guard let mean = data.mean, let deviation = data.standardDeviation else { return [] }
    let size = (mean * mean + deviation * deviation).squareRoot()
    let spreads = data.columns.map(\.standardDeviation).filter { $0 > 0 }
    let spread = (spreads.max() ?? 1) / (spreads.min() ?? 1)
    // A column that is nearly constant is small for another reason than its unit.
    let isUneven = spread > ratio && (spreads.max() ?? 0) > 2
    guard size > largest || (size < smallest && size > 0) || isUneven else { return [] }
    return [
      finding(
        .warning, steps: 1...max(1, evidence.step),
        [
          ("rms", size), ("mean", mean), ("standard_deviation", deviation),
          ("column_ratio", spread),
        ],
        isUneven && size <= largest
          ? "The columns' standard deviations differ by a factor of \(figure(spread))."
          : "The inputs have a root mean square of \(figure(size)).",
        advice:
          "Standardise the columns when the dataset is uploaded, or put a normalising layer first.",
        field: "/dataset")
    ]
  }
}
