import JSON

/// How a figure of one class becomes one of several.
enum Average: String, CaseIterable {
  /// Of the second of two classes alone.
  case binary
  /// The mean over the classes.
  case macro
  /// Of all classes' counts together.
  case micro
  /// The mean over the classes by how many examples they have.
  case weighted

  static func field(_ averages: [Average], metric: String) -> Field {
    let others = averages.filter { $0 != .binary }.map { "\(metric)_\($0.rawValue)" }
    return Field(
      "average", .choice(averages.map(\.rawValue)), default: .string(Average.binary.rawValue),
      "Of which classes; as a plain name \(metric) is that of the second of two, and \(others.joined(separator: ", ")) are "
        + "the others.")
  }

  static func plainNames(
    _ averages: [Average], metric: String, aliases: [String] = []
  ) -> [(name: String, members: JSONObject)] {
    averages.map { average in
      (average.name(metric), JSONObject([("average", .string(average.rawValue))]))
    } + aliases.map { ($0, JSONObject()) }
  }

  func name(_ metric: String) -> String { self == .binary ? metric : "\(metric)_\(rawValue)" }

  init(_ field: Field, from reader: inout ObjectReader) {
    self = Average(rawValue: reader.choice(field)) ?? .binary
  }

  func objection(to task: MetricTask) -> String? {
    self == .binary ? task.objectionUnlessBinary : task.objectionForWantOfClasses
  }

  /// Of figures by class, `nil` where a class has none.
  ///
  /// - Returns: NaN when no class has one.
  func mean(_ figures: [Double?], weights: [Double]) -> Double {
    var (sum, total) = (0.0, 0.0)
    for case (let figure?, let weight) in zip(figures, weights) {
      let weight = self == .weighted ? weight : 1
      sum += weight * figure
      total += weight
    }
    return sum / total
  }
}
