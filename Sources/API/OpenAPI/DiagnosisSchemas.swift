import JSON
import Training

/// The schemas of findings.
enum DiagnosisSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("Finding", finding), ("Diagnosis", diagnosis)]
  }

  private static let step = Schema.integer(0...Int.max)
  private static let figures = Schema.map(Schema.number.orNull)

  private static let finding = Schema.object([
    .always("rule", .string),
    .always("severity", .oneOf(Finding.Severity.allCases.map(\.rawValue))),
    .always("layer", Schema.string.orNull),
    .always("parameter", Schema.string.orNull, "Or the class, column or pair of losses."),
    .always("from_step", step), .always("to_step", step),
    .always("resolved", .boolean, "Whether it holds no more."),
    .always("evidence", figures, "Figures that show it, and the thresholds they passed."),
    .always("explanation", .string),
    .always(
      "advice",
      .object([
        .always("text", .string),
        .always("field", Schema.string.orNull, "Where in the run's request, as a JSON pointer."),
      ])),
  ])

  private static let diagnosis = Schema.object([
    .always("findings", .array(.reference("Finding"))),
    .always(
      "vanishing_index", Schema.number.orNull,
      "Decades a layer by which gradients shrink from the output towards the input; null for fewer than four layers."
    ),
    .always("step", step),
    .always(
      "checked",
      .array(
        .object([
          .always("rule", .string), .always("summary", .string), .always("thresholds", figures),
        ])), "The rules that look; none when the run switched them off."),
  ])
}
