import JSON
import Optimizers
import Training

/// The schemas of a run's penalties and constraints.
enum RegularizationSchemas {
  /// The members of `training`.
  static var properties: [Property] {
    [
      .maybe(
        "regularization", oneOrMore(.object(strengths + selection, isClosed: true)),
        "Penalties `l1 Σ|w| + l2 Σw²` on parameters; their sum is a part of `train_penalty`."),
      .maybe(
        "activity_regularization",
        oneOrMore(
          .object(strengths + [.always("layers", patterns, "Names of layers.")], isClosed: true)),
        "Penalties `(l1 Σ|y| + l2 Σy²) / N` on what layers put out for a batch of `N` rows."),
      .maybe(
        "gradient_penalty",
        .object(
          [
            .always("weight", .number, "By what the mean over the examples is multiplied."),
            .maybe(
              "target", Schema.number.with("default", 0),
              "What the norm is held to: the penalty is the mean of (norm - target)²."),
            .maybe(
              "of",
              Schema.oneOf(GradientPenalty.Quantity.allCases.map(\.rawValue))
                .with("default", .string(GradientPenalty.Quantity.loss.rawValue)),
              "Whose gradient with respect to the inputs: each example's loss, or the sum of its outputs."
            ),
          ], isClosed: true)),
      .maybe(
        "constraints",
        oneOrMore(
          .object(
            [
              .maybe(
                "max_norm", .number, "The weights into each unit have an L2 norm of at most this."),
              .maybe("unit_norm", .boolean, "They have a norm of 1; excludes `max_norm`."),
              .maybe("non_negative", .boolean, "No element is below 0."),
            ] + selection, isClosed: true)),
        "What parameters are brought to after each update."),
    ]
  }

  private static func oneOrMore(_ entry: Schema) -> Schema {
    .anyOf([entry, .array(entry, count: 1...Regularization.mostEntries)])
  }

  private static var patterns: Schema { .array(.string, count: 1...NamePattern.most) }

  private static var strengths: [Property] {
    [
      .maybe("l1", Schema.number.with("default", 0)),
      .maybe("l2", Schema.number.with("default", 0)),
    ]
  }

  private static var selection: [Property] {
    [
      .maybe("layers", patterns, "Names of layers, `*` for any letters; all when left out."),
      .maybe(
        "parameters",
        Schema.anyOf([.oneOf(["weights", "all"]), patterns]).with("default", "weights"),
        "`weights`: no biases and no gains of normalisations; `all`; or names of parameters, such as `*.bias`."
      ),
    ]
  }
}
