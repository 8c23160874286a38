import JSON

/// The schema of an autopsy.
enum AutopsySchemas {
  static var all: [(name: String, schema: Schema)] { [("Autopsy", autopsy)] }

  private static let count = Schema.integer(0...Int.max)
  private static let tensor: [Property] = [
    .always("shape", .array(count)),
    .always(
      "nonfinite",
      .object([.always("nan", count), .always("pos_inf", count), .always("neg_inf", count)])),
    .always("min", Schema.number.orNull, "Of the finite elements."),
    .always("max", Schema.number.orNull),
  ]
  private static let points = Schema.array(.row(2))

  private static let autopsy = Schema.object([
    .always("step", count), .always("epoch", count),
    .always("loss", Schema.number.orNull, "Of the step's batch; null when it isn't finite."),
    .always("learning_rate", .number),
    .always("phase", .oneOf(["data", "forward", "backward", "unknown"])),
    .always("layer", Schema.string.orNull),
    .always("parameter", Schema.string.orNull, "Whose gradient isn't finite, when the loss was."),
    .always("operation", Schema.string.orNull, "The first that made NaN or an infinity."),
    .always("tensor", Schema.object(tensor).orNull, "What it made."),
    .always("inputs", .array(.object(tensor)), "What it was given."),
    .always(
      "batch",
      .object([
        .always("size", count),
        .always("examples", .array(count), "As the dataset counts them from 0; 1,024 at most."),
        .always("unsound", .array(count), "Those that hold numbers that aren't finite."),
      ])),
    .always(
      "weights_step", Schema.integer(0...Int.max).orNull,
      "The step after which the weights before the failure were kept."),
    .maybe("weights", .string, "Where those are."),
    .always(
      "advice",
      .object([
        .always("text", .string),
        .always("field", Schema.string.orNull, "Where in the run's request."),
      ])),
    .always(
      "growth",
      .object([
        .always("train_loss", points, "`[step, value]`."), .always("gradient_norm", points),
        .always(
          "parameters",
          .array(
            .object([
              .always("parameter", .string), .always("layer", .string),
              .always("gradient_norm", points),
            ]))),
      ]), "The 50 steps before."),
  ])
}
