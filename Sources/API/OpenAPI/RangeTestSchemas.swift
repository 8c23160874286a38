import JSON
import Runs
import Training

/// The schemas of a learning-rate range test.
enum RangeTestSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("LearningRateRange", answer), ("LearningRateSuggestions", suggestions)]
  }

  /// The member `lr_range_test` of a run.
  static let request = Schema.object(
    LearningRateRange.fields.map {
      Property(name: $0.name, schema: Schema($0), isRequired: false)
    }, isClosed: true)

  private static let found: [Property] = [
    .always("suggested_learning_rate", Schema.number.orNull, "The first of `suggestions`."),
    .always("reason", .string, "Where it comes from, or why there is none."),
    .always(
      "suggestions",
      .array(
        .object([
          .always("rule", .oneOf(LearningRateCurve.Rule.allCases.map(\.rawValue))),
          .always("learning_rate", .number),
          .always("step", .integer(1...Int.max), "Whose rate it is, or comes from."),
          .always("reason", .string),
        ]))),
  ]

  private static let suggestions = Schema.object(found)

  private static let answer = Schema.object(
    [
      .always("min", .number), .always("max", .number), .always("steps", .integer(10...10_000)),
      .always("growth", .oneOf(LearningRateRange.Growth.allCases.map(\.rawValue))),
      .always("smoothing", .number),
      .always("taken", .integer(0...Int.max), "Steps that were taken."),
      .always("state", .oneOf(RunSchemas.states)),
    ] + found + [
      .always(
        "points", .array(.array(Schema.number.orNull)),
        "Rows of step, learning rate, loss and smoothed loss; null for a loss that isn't finite.")
    ])
}
