/// Losses that pull a shared part of the model in opposite directions.
public enum GradientConflict: Rule {
  public static let name = "gradient_conflict"
  public static let summary = "The gradients of two loss terms point against each other on average."
  static let cosine = -0.2
  static let values = 3
  public static let thresholds = [Finding.Figure("threshold_cosine", cosine)]
  private static let prefix = "gradient_conflict."

  public static func look(at evidence: Evidence) -> [Finding] {
    evidence.series.keys.filter { $0.hasPrefix(prefix) }.sorted().compactMap { name in
      let points = evidence[name].newest(values)
      guard points.count == values, let first = points.first, let last = points.last,
        let mean = evidence[name].mean(ofNewest: values), mean < cosine
      else { return nil }
      let pair = name.dropFirst(prefix.count).replacing(".", with: " and ")
      return finding(
        .warning, parameter: String(name.dropFirst(prefix.count)), steps: first.step...last.step,
        [("cosine", mean)],
        "The gradients of \(pair) have a mean cosine of \(figure(mean)).",
        advice:
          "Balance the losses with { \"type\": \"pcgrad\" } or \"gradnorm\", or give each its own last layers.",
        field: "/training/loss")
    }
  }
}
