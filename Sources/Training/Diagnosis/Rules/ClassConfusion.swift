/// A class that is mostly taken for another one.
public enum ClassConfusion: Rule {
  public static let name = "class_confusion"
  public static let summary =
    "Of a class's validation examples more are taken for one other class than are answered rightly."
  static let examples = 10
  static let evaluations = 3
  public static let thresholds = [
    Finding.Figure("threshold_examples", Double(examples)),
    Finding.Figure("threshold_evaluations", Double(evaluations)),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    guard let matrix = evidence.confusion, let last = evidence["validation_loss"].last,
      evidence["validation_loss"].count >= evaluations
    else { return [] }
    return (0..<matrix.classes).compactMap { right in
      let total = matrix.total(right)
      guard total >= examples,
        let taken = (0..<matrix.classes).filter({ $0 != right }).max(by: {
          matrix[right, $0] < matrix[right, $1]
        }), matrix[right, taken] > matrix[right, right]
      else { return nil }
      return finding(
        .warning, parameter: "class \(right)", steps: last.step...last.step,
        [
          ("examples", Double(total)), ("right", Double(matrix[right, right])),
          ("taken_for", Double(taken)), ("wrong", Double(matrix[right, taken])),
        ],
        "Of \(total) examples of class \(right), \(matrix[right, taken]) are taken for class \(taken) and "
          + "\(matrix[right, right]) are answered rightly.",
        advice:
          "Look at examples of the two classes: labels may be wrong, or what tells them apart missing.",
        field: "/dataset")
    }
  }
}
