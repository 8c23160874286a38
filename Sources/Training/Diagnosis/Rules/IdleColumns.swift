/// Columns that tell nothing: one value for all rows, or another for each.
public enum IdleColumns: Rule {
  public static let name = "idle_columns"
  public static let summary =
    "A feature column has one value in all rows, or another in each of them."
  public static let thresholds: [Finding.Figure] = []

  public static func look(at evidence: Evidence) -> [Finding] {
    let data = evidence.facts.data
    let constant = data.constantColumns.map { ($0, "has one value in all rows", 0.0) }
    let rising = data.identifierColumns.map { ($0, "has another value in each row", 1.0) }
    return (constant + rising).prefix(8).map { column, words, kind in
      finding(
        .info, parameter: "column \"\(column)\"", steps: 1...max(1, evidence.step),
        [("identifies", kind)],
        "The column \"\(column)\" \(words): there is nothing in it to learn that holds for others.",
        advice: "Leave it out with ignore= when the dataset is uploaded.", field: "/dataset")
    }
  }
}
