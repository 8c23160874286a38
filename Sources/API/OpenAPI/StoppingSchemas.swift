import JSON
import Training

/// The schemas of what ends a run before its time.
enum StoppingSchemas {
  static let earlyStopping = Schema.object(
    [
      .maybe(
        "monitor", Schema.string.with("default", "validation_loss"),
        "A series that is measured each epoch."),
      .maybe("mode", .oneOf(EarlyStopping.Mode.allCases.map(\.rawValue))),
      .maybe(
        "patience", .integer(1...1_000_000),
        "After how many epochs in a row without an improvement the run ends; needed unless there is a target."
      ),
      .maybe("min_delta", .number, "By how much a value must beat the best."),
      .maybe("restore_best", Schema.boolean.with("default", false)),
      .maybe(
        "baseline", .number,
        "What must be beaten too before an improvement begins the wait anew, as in Keras."),
      .maybe("target", .number, "The run ends when the monitor has reached it."),
      .maybe(
        "start_from_epoch", Schema.integer(0...1_000_000).with("default", 0),
        "How many epochs in the beginning aren't looked at."),
    ], isClosed: true)

  private static let count = Schema.integer(1...1_000_000)

  static let stop = Schema.object(
    [
      .maybe(
        "plateau",
        .object(
          [
            .always("window_steps", count, "Over how many steps a mean is taken."),
            .maybe(
              "min_change", Schema.number.with("default", 0.001),
              "By what share of the smallest mean before a mean must be smaller."),
            .maybe("patience", count.with("default", 1), "How often in a row it may not be."),
          ], isClosed: true),
        "Ends the run when the training loss no longer falls."),
      .maybe(
        "divergence",
        .object(
          [
            .always("factor", .number, "How many times the reference is too much."),
            .maybe(
              "reference",
              Schema.oneOf(LossStopping.Divergence.Reference.allCases.map(\.rawValue))
                .with("default", "first"), "The first loss, or the smallest so far."),
            .maybe("patience", count.with("default", 5), "For how many steps in a row."),
          ], isClosed: true), "Fails the run, as diverged, when the training loss grows."),
    ], isClosed: true)
}
