import JSON

/// The share of examples whose class is among the `k` largest outputs.
///
/// Of equal outputs those of later classes come first, as in scikit-learn.
public struct TopKAccuracy: Metric {
  public let largest: Int

  private static let field = Field(
    "k", .integer(1...1_000), default: 5,
    "How many outputs count; fewer than there are classes. top_5_accuracy is short for 5, and so on."
  )

  public static let documentation = CatalogEntry(
    type: "top_k_accuracy",
    summary:
      "The share of examples whose class is among the k largest outputs; its series are called top_5_accuracy.",
    formula: "mean(#{j: x[j] > x[class], or equal and j > class} < k)", fields: [field],
    source: "As sklearn.metrics.top_k_accuracy_score.")

  public static func members(ofPlainName name: String) -> JSONObject? {
    guard name.hasPrefix("top_"), name.hasSuffix("_accuracy"),
      let largest = Int(name.dropFirst(4).dropLast(9)), largest >= 0
    else { return nil }
    return JSONObject([("k", .integer(largest))])
  }

  public init(from reader: inout ObjectReader) { largest = reader.integer(Self.field) }

  public var name: String { "top_\(largest)_accuracy" }
  public var direction: EarlyStopping.Mode? { .maximum }
  public var tallies: [TallyKind] { [.top(largest)] }

  public func objection(to task: MetricTask) -> String? {
    if let objection = task.objectionForWantOfClasses { return objection }
    guard let classes = task.classes, classes <= largest else { return nil }
    return "is 1 whatever the outputs are: there are \(classes) classes; k must be smaller"
  }

  public func value(of tallies: TallySet) -> Double? { tallies.top(largest)?.share }
}
