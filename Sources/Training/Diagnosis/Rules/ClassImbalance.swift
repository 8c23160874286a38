/// Classes of which some have many more examples than others.
public enum ClassImbalance: Rule {
  public static let name = "class_imbalance"
  public static let summary =
    "The commonest class has ten times as many training examples as the rarest."
  static let ratio = 10.0
  static let fewest = 50
  public static let thresholds = [Finding.Figure("threshold_ratio", ratio)]

  public static func look(at evidence: Evidence) -> [Finding] {
    let counts = evidence.facts.data.classCounts
    guard counts.count > 1, let most = counts.max(), let least = counts.min(),
      counts.reduce(0, +) >= fewest, Double(most) > ratio * Double(max(least, 1)),
      let rarest = counts.firstIndex(of: least), let commonest = counts.firstIndex(of: most)
    else { return [] }
    return [
      finding(
        .warning, steps: 1...max(1, evidence.step),
        [
          ("most_examples", Double(most)), ("fewest_examples", Double(least)),
          ("commonest_class", Double(commonest)), ("rarest_class", Double(rarest)),
        ],
        "Class \(commonest) has \(most) training examples, class \(rarest) has \(least).",
        advice: "Give the loss class weights, and judge by more than accuracy.",
        field: "/training/loss")
    ]
  }
}
