import Datasets
import JSON
import Runs
import Training

/// The schemas of evaluations, and of what stands behind their figures.
enum EvaluationSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("Metric", metric), ("KeptEvaluation", kept), ("Curve", curve), ("Curves", curves),
      ("Confusion", confusion), ("EvaluationRequest", request), ("Evaluation", evaluation),
    ]
  }

  private static let value = Schema.number.orNull
  private static let count = Schema.integer(0...Int.max)

  private static var metric: Schema {
    .anyOf([
      .oneOf(MetricCatalog.plainNames),
      Schema.string.with("pattern", "^top_[0-9]+_accuracy$"),
      Schema.object([
        .always("type", .oneOf(MetricCatalog.entries.flatMap { [$0.type] + $0.aliases }))
      ]),
    ])
  }

  private static let kept = Schema.object([
    .always("choice", .oneOf(KeptEvaluation.Choice.allCases.map(\.rawValue)), "As asked for."),
    .always("is_best", .boolean, "Whether it is the best one too."),
    .always("step", count, "When it was made."),
    .always("epoch", Schema.integer.orNull),
    .always(
      "weights",
      .object([
        .always("step", count, "After which the weights were those."),
        .always(
          "checkpoint", Schema.string.orNull,
          "What `checkpoint` must be to have them; null when none holds them any more."),
      ])),
    .always("examples", Schema.integer.orNull),
    .always("metrics", .map(value), "The loss and all that was measured."),
  ])

  private static let curve = Schema.object([
    .always("class", Schema.string.orNull, "Null for the likeliest class of each example."),
    .always("index", Schema.integer.orNull),
    .maybe("positives", count), .maybe("negatives", count), .maybe("examples", count),
    .maybe("area", value, "Of the whole curve: `roc_auc`, or average precision."),
    .maybe("area_bound", .number, "How far the ROC area may be off; 0 when it is exact."),
    .maybe("thresholds", count, "How many points the whole curve has."),
    .always("points", .array(.array(value)), "Rows as `columns` says."),
  ])

  private static let curves = Schema.object([
    .always("part", .string), .maybe("term", .string),
    .always("evaluation", .reference("KeptEvaluation")),
    .always("curve", .oneOf(ShownCurve.Kind.allCases.map(\.rawValue))),
    .always("exact", .boolean, "Whether every score is a threshold, rather than a bin."),
    .always(
      "unordered", count, "Examples with a NaN among their scores; then there is no ranked curve."),
    .always("columns", .array(.string)),
    .always("curves", .array(.reference("Curve"))),
  ])

  private static let matrix: [Property] = [
    .always("classes", .array(.string)),
    .always("matrix", .array(.array(count)), "A row a right class, a column an answer."),
    .always("unanswered", .array(count), "Examples of each class whose outputs have a NaN."),
  ]

  private static let confusion = Schema.object(
    [
      .always("part", .string), .maybe("term", .string),
      .always("evaluation", .reference("KeptEvaluation")),
    ] + matrix)

  private static let request = Schema.object(
    [
      .always("dataset", .identifier("ds")), .maybe("checkpoint", .string),
      .maybe(
        "split", .identifier("spl"), "One of the dataset's: then some of its examples alone."),
      .maybe(
        "part", .oneOf(RunService.AskedPart.names), "Which; those for the test when left out."),
      .maybe(
        "fold", .integer(0...SplitShares.mostFolds - 1),
        "Of a split into folds, the one that validates."),
      .maybe(
        "metrics", .array(.reference("Metric"), count: 0...MetricCatalog.most),
        "What is measured; the run's own and accuracy when left out. `confusion_matrix`, `roc_curve`, `pr_curve` and "
          + "`calibration_curve` have the matrix and the curves stand in the answer."),
      .maybe(
        "max_points", .integer(3...1_000), "Of each class's curve at most; 1,000 when left out."),
    ], isClosed: true)

  private static let behind: [Property] = [
    .maybe("confusion", .object(matrix), "When asked for."),
    .maybe(
      "curves",
      .map(
        .object([
          .always("exact", .boolean), .always("unordered", count),
          .always("columns", .array(.string)), .always("curves", .array(.reference("Curve"))),
        ])), "By `roc`, `pr` and `calibration`, those that were asked for."),
  ]

  private static let evaluation = Schema.object(
    [
      .always("loss", value), .maybe("accuracy", value), .always("examples", count),
      .maybe("terms", .reference("TermResults"), "When the run's loss has several."),
      .maybe(
        "details", .map(.object(behind)),
        "When the run's loss has several: matrices and curves by the terms' names."),
    ] + behind
  ).described("Other metrics stand beside `accuracy` by their names.")
}
