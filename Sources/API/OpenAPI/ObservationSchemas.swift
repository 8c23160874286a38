import JSON
import Runs

/// The schemas of what a run shows of itself.
enum ObservationSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("Metrics", metrics), ("Gradients", gradients), ("Updates", updates),
      ("Histograms", histograms),
      ("Activations", activations),
      ("Checkpoints", checkpoints), ("LogPage", logs), ("Event", event), ("EventFrame", frame),
      ("PredictionRequest", predictionRequest), ("Predictions", predictions),
    ]
  }

  private static let step = Schema.integer(0...Int.max)
  private static let value = Schema.number.orNull
  private static let nonFinite = Schema.object([
    .always("nan", .integer(0...Int.max)), .always("pos_inf", .integer(0...Int.max)),
    .always("neg_inf", .integer(0...Int.max)),
  ])

  private static let metrics = Schema.object([
    .always(
      "series",
      .array(
        .object([
          .always("name", .string),
          .always("points", .array(.row(3)), "`[step, value, seconds]`."),
        ])))
  ])

  private static let gradients = Schema.object([
    .always(
      "layers",
      .array(
        .object([
          .always("layer", .string),
          .always("parameter", .string),
          .always(
            "points",
            .array(.row(5)),
            "`[step, l2, max_abs, mean, nonfinite]`; the last counts elements that aren't finite."),
          .always(
            "nonfinite", .array(.row(4)),
            "`[step, nan, pos_inf, neg_inf]` of those points where one of them isn't 0."),
        ])))
  ])

  private static let updates = Schema.object([
    .always(
      "layers",
      .array(
        .object([
          .always("layer", .string), .always("parameter", .string),
          .always("points", .array(.row(4)), "`[step, weight_l2, update_l2, ratio]`."),
        ])))
  ])

  private static let histograms = Schema.object([
    .always(
      "histograms",
      .array(
        .object([
          .always("quantity", .string),
          .always("layer", Schema.string.orNull, "Null for several added up."),
          .maybe("parameter", Schema.string.orNull),
          .maybe("step", step, "When it's of one."),
          .always("from_step", step), .always("to_step", step),
          .always("edges", .array(.number), "One more than there are counts."),
          .always("counts", .array(.integer(0...Int.max))),
          .always("exact", .boolean, "Whether the counts are no estimates."),
          .always("zero", .integer(0...Int.max)),
          .always("nonfinite", nonFinite),
          .always("count", .integer(0...Int.max)),
          .always("min", value),
          .always("max", value),
          .always("mean", value),
          .always("variance", value),
          .maybe("quantiles", .map(value)),
          .always(
            "quantile_bound", .number, "A quantile is off by this factor at most, `2^(1/4)`."),
        ])))
  ])

  private static let activations = Schema.object([
    .always(
      "activations",
      .array(
        .object([
          .always("layer", .string), .always("step", step), .maybe("mean", value),
          .maybe("standard_deviation", value), .maybe("min", value), .maybe("max", value),
          .maybe(
            "saturated_fraction", value,
            "Where the activation's slope is under a hundredth of its largest."),
          .maybe(
            "dead_fraction", value, "Units that were zero in all of the last five observed batches."
          ),
          .maybe("nonfinite", .integer(0...Int.max)),
          .maybe(
            "effective_rank", value, "How many directions the units fill: the participation ratio."),
          .maybe(
            "gradient",
            .object([
              .always("l2", value), .always("max_abs", value), .always("mean", value),
              .always("nonfinite", .integer(0...Int.max)),
            ]), "The loss's gradient with respect to the output: the error signal."),
        ])))
  ])

  private static let checkpoints = Schema.object([
    .always(
      "data",
      .array(
        .object([
          .always("kind", .string),
          .always("step", step),
          .always("epoch", .integer(0...Int.max)),
          .maybe("metric", Schema.anything, "What made it the best."),
          .always("size_bytes", .integer(0...Int.max)),
          .always("sha256", .string),
          .always("weights", .string, "Where its weights are."),
          .always("created_at", .time),
        ])))
  ])

  private static let logs = Schema.object([
    .always(
      "data",
      .array(
        .object([
          .always("time", .time), .always("level", .string),
          .always("step", step), .always("message", .string),
        ])), "Oldest first."),
    .always("next_cursor", Schema.string.orNull),
  ])

  private static let event = Schema.object([
    .maybe("id", .integer(1...Int.max)), .always("type", .string), .always("data", .anything),
  ])

  private static let frame = Schema.object([
    .maybe("id", .string), .maybe("event", .string), .maybe("data", .string, "A JSON object."),
    .maybe("retry", .anything),
  ])

  private static let predictionRequest = Schema.object(
    [
      .maybe(
        "inputs", .array(.anything, count: 1...RunService.mostPredictions),
        "One element an example, nested as the model's input; with several inputs an object by their "
          + "names; of a text dataset a text of as many tokens as an example has, or their numbers. "
          + "Needed but for a run on a graph."
      ),
      .maybe(
        "vertices", .array(.integer(0...Int.max), count: 1...RunService.mostPredictions),
        "Of a run on a graph: whose outputs are asked for; all when left out."),
      .maybe("checkpoint", .string),
    ])

  private static let predictions = Schema.object(
    [
      .always(
        "outputs",
        .anyOf([
          .array(.anything),
          .map(
            .object(
              [.always("outputs", .array(.anything))] + readable)),
        ]),
        "One element an example, nested as the model's output; with several outputs an object by their "
          + "names, each with these members.")
    ] + readable)

  private static let readable: [Property] = [
    .maybe("kind", .oneOf(["values", "probabilities"])),
    .maybe("classes", .array(.string), "In the order of the outputs."),
    .maybe(
      "predictions", .array(.anything),
      "The likeliest class of each example, or those at its places; of a text dataset the text they make; of numbers that were "
        + "scaled to be learnt, those that they stand for."
    ),
    .maybe(
      "vertices", .array(.integer(0...Int.max)), "Of a run on a graph: whose outputs they are."),
  ]
}
