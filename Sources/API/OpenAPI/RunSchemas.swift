import Datasets
import JSON
import NeuralNetworks
import Optimizers
import Runs
import Store
import Training

/// The schemas of runs; what a run may name comes from the catalogs.
enum RunSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("RunRequest", request), ("RunOverrides", overrides), ("RunChange", change), ("Run", run),
      ("RunPage", Components.page(of: "Run")), ("Training", training), ("Optimizer", optimizer),
      ("Schedule", schedule), ("Observe", observe),
    ]
  }

  private static let reasons = StateReason.allCases.map(\.rawValue)
  static let states = RunState.allCases.map(\.rawValue)

  private static let tags = Schema.map(.string)

  private static var requestMembers: [Property] {
    let dataset = Schema.identifier("ds")
    return [
      SchemaDocument.member, .maybe("name", .string),
      .always(
        "model", .anyOf([.identifier("mdl"), .reference("ModelSpec")]),
        "A model's id, or a spec of its own."),
      .always(
        "dataset",
        .anyOf([
          dataset,
          .object(
            [
              .always("train", dataset), .maybe("validation", dataset), .maybe("test", dataset),
              .maybe(
                "split", .identifier("spl"),
                "Says which examples of `train` train, validate and are for the test; in place of `validation` and `test`."
              ),
              .maybe(
                "fold", .integer(0...SplitShares.mostFolds - 1),
                "Of a split into folds, the one that validates."),
            ], isClosed: true),
        ])),
      .maybe(
        "mode", Schema.oneOf(RunRequest.modes).with("default", "train"),
        "`lr_range_test` tries learning rates, one a step; `GET …/lr-range` tells what came of it."),
      .maybe("lr_range_test", RangeTestSchemas.request, "Which rates, in that mode."),
      .always("training", .reference("Training")),
      .maybe("observe", .reference("Observe")),
      .maybe("on_finding", onFinding),
      .maybe(
        "initial_weights", .reference("InitialWeights"),
        "With what this one begins: the weights of a run, or uploaded ones."),
      .maybe(
        "priority", .integer(RunRequest.priorities),
        "Runs of a higher priority leave the queue first."),
      .maybe(
        "max_seconds", .integer(1...RunRequest.longestSeconds),
        "After so much training the run ends with what it has."),
      .maybe(
        "deadline", .time,
        "After which the run neither begins nor goes on: one that trains ends with what it has."),
      .maybe(
        "after", .array(.identifier("run")),
        "Runs that must have succeeded before this one begins; it is cancelled when one of them isn't."
      ),
      .maybe("tags", tags),
    ]
  }

  private static var request: Schema { .object(requestMembers, isClosed: true) }

  private static var overrides: Schema {
    Schema.object(
      requestMembers.map { Property(name: $0.name, schema: $0.schema, isRequired: false) },
      isClosed: true
    ).described("Members that replace those of the run that is cloned.")
  }

  private static let change = Schema.object(
    [
      .maybe("name", Schema.string.orNull), .maybe("tags", tags),
      .maybe("priority", .integer(RunRequest.priorities)),
    ], isClosed: true)

  private static var training: Schema {
    let batchSizes = TrainingConfiguration.batchSizes
    return .object(
      [
        .maybe("epochs", .integer(1...1_000_000), "Either this or `steps`."),
        .maybe("steps", .integer(1...1_000_000_000), "Either this or `epochs`."),
        .maybe(
          "batch_size",
          Schema.anyOf([.integer(batchSizes), .oneOf(["full"])]).with("default", 32),
          "Examples that pass at once; `full` for all."),
        .maybe(
          "accumulate", Schema.integer(TrainingConfiguration.accumulations).with("default", 1),
          "Of how many passes a step takes the gradients' mean; a step takes so many times `batch_size` examples."
        ),
        .maybe(
          "deterministic", Schema([("const", true)]),
          "Always: the same request on the same data gives the same bits at any number of threads."),
        .maybe("seed", Schema.integer(0...Int.max).with("default", 0)),
        .maybe("shuffle", Schema.boolean.with("default", true)),
        .maybe(
          "sampling", Components.choice(among: SamplingCatalog.entries),
          "Which examples make an epoch; each once when left out."),
        .maybe(
          "batching",
          .object(
            [
              .always(
                "bucket_by_length",
                .anyOf([
                  .boolean,
                  .object(
                    [
                      .maybe("buckets", Schema.integer(1...32).with("default", 8)),
                      .maybe("pool", Schema.integer(1...10_000).with("default", 100)),
                    ], isClosed: true),
                ]))
            ], isClosed: true),
          "Steps of sequences of similar length, which pass no longer than the longest of them."),
        .maybe(
          "augment", .array(Components.choice(among: AugmentationCatalog.entries)),
          "Changes made to examples each time they are trained on, one after the other."),
        .maybe("drop_last", Schema.boolean.with("default", false)),
        .always("loss", .reference("Loss")),
        .maybe("optimizer", .reference("Optimizer")),
        .maybe("schedule", .reference("Schedule")),
        .maybe(
          "clip",
          .object(
            [
              .maybe("norm", .number), .maybe("per", .oneOf(Clip.Scope.allCases.map(\.rawValue))),
              .maybe("value", .number), .maybe("adaptive", .number), .maybe("floor", .number),
              .maybe("except", .array(.string), "Names of layers or parameters, with `*` and `?`."),
            ], isClosed: true), "One of `norm`, `value` and `adaptive`."),
        .maybe(
          "gradients",
          .object(
            [
              .maybe("centralize", Schema.boolean.with("default", false)),
              .maybe(
                "noise",
                .object(
                  [.always("eta", .number), .maybe("gamma", Schema.number.with("default", 0.55))],
                  isClosed: true), "Of variance `eta / step^gamma`."),
            ], isClosed: true), "What is done to gradients beside `clip`."),
        .maybe(
          "average", Components.choice(among: WeightAverage.entries),
          "What stands in for the weights where a run is evaluated, keeps its best or ends."),
        .maybe(
          "validation",
          .object([.maybe("fraction", .number), .maybe("mask", .boolean)], isClosed: true)),
        .maybe(
          "metrics",
          .array(.reference("Metric"), count: 0...MetricCatalog.most),
          "What is measured beside the loss, over each epoch of training, in each validation and in the test."
        ),
        .maybe("early_stopping", StoppingSchemas.earlyStopping),
        .maybe("stop", StoppingSchemas.stop),
        .maybe(
          "checkpoint",
          .object(
            [
              .maybe("every_steps", .integer(1...1_000_000_000)),
              .maybe("keep", .integer(1...1000), "Of those of every_steps; needs it."),
              .maybe(
                "every_seconds", .number,
                "Of training, that are lost at most when the server dies; 30 when left out, 0 for no such bound."
              ),
            ],
            isClosed: true)),
        .maybe(
          "memory",
          .object(
            [
              .maybe(
                "recompute",
                Schema.oneOf(TrainingMemory.Recompute.allCases.map(\.rawValue))
                  .with("default", .string(TrainingMemory.Recompute.auto.rawValue)),
                "Whether activations are computed again in the backward pass instead of kept."),
              .maybe(
                "budget_bytes", .integer(1...(1 << 50)),
                "For parameters, gradients, the optimizer's memory and the activations of a step."),
            ], isClosed: true)),
        .maybe("threads", Schema.integer(TrainingConfiguration.threadCounts).with("default", 1)),
      ] + RegularizationSchemas.properties, isClosed: true)
  }

  private static var optimizer: Schema {
    Components.choice(among: OptimizerCatalog.entries) { field in
      field.name == "optimizer"
        ? Schema.reference("Optimizer").described(field.summary) : Schema(field)
    }
  }

  private static var schedule: Schema {
    Components.choice(among: ScheduleCatalog.entries) { field in
      field.name == "schedules"
        ? Schema.array(.reference("Schedule")).described(field.summary) : Schema(field)
    }
  }

  private static let onFinding = Schema.map(
    .oneOf(Remedy.allCases.map(\.rawValue) + ["lower_rate"])
  ).described(
    "By the name of a rule what the run does by itself, looked at every 10 steps, once in 50 steps and 20 times at most: "
      + "`clip` at twice the norm of the first hundred steps; `rollback` to the last look without a finding, at half the rate."
  )

  private static let observe = Schema.object(
    [
      .maybe("gradient_norms_every", Schema.integer(0...1_000_000_000).with("default", 1)),
      .maybe("histograms_every", Schema.integer(0...1_000_000_000).with("default", 50)),
      .maybe("activations_every", Schema.integer(0...1_000_000_000).with("default", 50)),
      .maybe(
        "term_gradients_every", Schema.integer(0...1_000_000_000).with("default", 50),
        "The norm of each loss term's own gradient, `gradient_norm.<term>`, and the cosine of each pair, "
          + "`gradient_conflict.<term>.<term>`; such a step has a backward pass for each term."),
      .maybe(
        "gradient_statistics_every", Schema.integer(0...1_000_000_000).with("default", 200),
        "`gradient_cosine` with the step before, `gradient_variance` between examples and "
          + "`gradient_noise_scale`, of all parameters and of each; such a step has a pass over half its batch."
      ),
      .maybe(
        "budget_percent", Schema.number.with("minimum", 0.01).with("maximum", 1000),
        "What histograms, activations, term gradients and gradient statistics may take of the training's time, in percent: "
          + "their intervals are doubled until it holds. The series `observation_percent` and "
          + "`observation_every.<probe>` tell what they take. Not beside `on_finding`."),
      .maybe(
        "diagnosis", Schema.boolean.with("default", true),
        "Whether the rules of the diagnosis look at it."),
      .maybe("on_finding", onFinding),
    ], isClosed: true
  ).described("Each so many steps; 0 is never.")

  private static let places: [Property] = [
    .maybe("version", .string, "The program's."),
    .maybe("instruction_set", .string, "Of the kernels that ran, such as `x86-64-v4`."),
    .maybe(
      "blas", .string, "The library, its version, and the processor that its kernels are for."),
  ]

  private static let environment = Schema.object(
    places + [
      .maybe(
        "data", Schema.map(.string.with("pattern", "^[0-9a-f]{64}$")),
        "The SHA-256 of each upload, by its role."),
      .maybe(
        "cloned_from", .object([.always("run", .identifier("run"))] + places),
        "Of a clone: where the other run began."),
      .maybe(
        "changes", .array(.object([.always("step", .integer(0...Int.max))] + places)),
        "Where it went on, and after which step."),
    ])

  private static let run = Schema.object([
    .always("id", .identifier("run")),
    .always("name", Schema.string.orNull),
    .always("state", .oneOf(states)),
    .always(
      "state_reason",
      Schema([
        ("type", ["string", "null"]), ("enum", .array(reasons.map(JSON.string) + [.null])),
      ])),
    .maybe(
      "requested",
      Schema([("type", ["string", "null"]), ("enum", ["pause", "stop", "cancel", .null])]),
      "What it was asked to do and hasn't done yet; that is kept, whatever dies meanwhile."),
    .maybe(
      "progress",
      .object([
        .maybe("epoch", Schema.number.orNull), .maybe("step", Schema.integer.orNull),
        .maybe("total_steps", Schema.integer.orNull),
        .maybe("examples_per_second", Schema.number.orNull),
        .maybe("eta_seconds", Schema.number.orNull),
      ])),
    .maybe(
      "until",
      .object([
        .always("condition", .string), .always("met", .boolean),
        .always("value", Schema.number.orNull),
      ]), "When it was asked for."),
    .maybe(
      "initial_weights", .reference("InitialWeights"), "With what it begins, as it was asked for."),
    .maybe(
      "initial_weights_report", .reference("InitialWeightsReport"),
      "Which parameters that are, and what doesn't go with the model."),
    .maybe(
      "environment", environment,
      "What its bits depend on beside its request, from its beginning on; a log line tells where they may differ."
    ),
    .maybe("metrics", .object([]), "The latest value of each series."),
    .maybe(
      "lr_range", .reference("LearningRateSuggestions"),
      "What a learning-rate range test that is over suggests."),
    .maybe(
      "vanishing_index", Schema.number.orNull,
      "Decades a layer by which gradients shrink towards the input; null for fewer than four layers."
    ),
    .maybe(
      "error", .anyOf([.reference("Problem"), Schema([("type", "null")])]), "When it failed."),
    .maybe("queue_position", Schema.integer.orNull, "From 1, while it is queued."),
    .maybe(
      "estimated_start_at", Schema.time.orNull,
      "By how long other runs take and have taken; null for what lies far behind."),
    .always("created_at", .time),
    .maybe("started_at", Schema.time.orNull),
    .maybe("finished_at", Schema.time.orNull),
    .maybe(
      "amendments",
      .array(
        .object([
          .always("at", .time), .always("step", .integer(0...Int.max)),
          .always("changes", .object([])),
        ])), "What was changed when it was resumed, and after which step."),
    .maybe("links", Schema.map(.string)),
  ])
}
