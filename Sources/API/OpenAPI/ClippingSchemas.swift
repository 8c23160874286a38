import JSON

/// The schema of a clipping audit.
enum ClippingSchemas {
  static var all: [(name: String, schema: Schema)] { [("ClippingAudit", audit)] }

  private static let count = Schema.integer(0...Int.max)
  private static let norms = Schema.object([
    .always("mean", Schema.number.orNull), .always("max", Schema.number.orNull),
  ])
  private static let tally: [Property] = [
    .always("steps", count, "Measured ones."),
    .always("clipped_steps", count, "Those whose norm clipping made smaller."),
    .always("clipped_fraction", .number),
    .always("nonfinite_steps", count, "Those whose norm isn't finite; they are in no mean."),
    .always("before", norms), .always("after", norms),
  ]

  private static let audit = Schema.object(
    [
      .always("clip", .anything, "As the run has it; null for none."),
      .always(
        "quantiles_before", .map(Schema.number.orNull), "Of the norm of all gradients together."),
      .always("suggestion", .anything, "`{ clip, field, text }`; null without a step."),
      .always(
        "parameters",
        .array(
          .object(
            [
              .always("parameter", .string), .always("layer", .string),
              .always("share_of_square", .number, "Of the squared norm, on average."),
            ] + tally))),
    ] + tally)
}
