import JSON
import Runs
import Store

/// The schemas of sweeps.
enum SweepSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("SweepRequest", request), ("SweepParameter", parameter), ("Sweep", sweep),
      ("SweepPage", Components.page(of: "Sweep")), ("SweepRun", run),
      ("SweepRunPage", Components.page(of: "SweepRun")),
    ]
  }

  private static let directions = Schema.oneOf(SweepRecord.Direction.allCases.map(\.rawValue))
  private static let methods = Schema.oneOf(SweepRequest.Method.allCases.map(\.rawValue))
  private static let count = Schema.integer(0...Int.max)

  private static let parameter = Schema.object(
    [
      .maybe(
        "values", Schema.array(.anything, count: 1...SweepParameter.mostValues),
        "What is tried, one after the other."),
      .maybe("min", .number), .maybe("max", .number),
      .maybe(
        "scale", .oneOf(SweepParameter.scales), "`log` above 0 alone; `linear` when left out."),
      .maybe("type", .oneOf(SweepParameter.types), "`number` when left out."),
    ], isClosed: true)

  private static let request = Schema.object(
    [
      .always("run", .reference("RunOverrides"), "What `POST /v1/runs` takes."),
      .always(
        "parameters", .map(.reference("SweepParameter")),
        "By JSON pointers into `run`, such as `/training/optimizer/learning_rate`; from 1 to 32."),
      .maybe(
        "method", methods, "`grid` when every parameter has values, else `random`."),
      .maybe(
        "runs", .integer(1...SweepRequest.mostRuns),
        "How many are drawn at random; of a grid the first so many."),
      .maybe("seed", count, "By which runs are drawn; 0 when left out."),
      .maybe(
        "goal",
        .object([.maybe("metric", .string), .maybe("direction", directions)], isClosed: true)),
      .maybe("name", Schema.string.with("maxLength", 200).orNull),
    ], isClosed: true)

  private static let run = Schema.object([
    .always("run", .identifier("run")), .always("position", count, "From 0."),
    .always("state", .oneOf(RunState.allCases.map(\.rawValue))),
    .always("parameters", .map(.anything), "What is different in it."),
    .always("value", Schema.number.orNull, "The newest of the goal's series."),
  ])

  private static let sweep = Schema.object([
    .always("id", .identifier("swp")), .always("name", Schema.string.orNull),
    .always("state", .oneOf(["running", "finished"]), "`finished` once every run is over."),
    .always("goal", .object([.always("metric", .string), .always("direction", directions)])),
    .always(
      "run_counts", .object(RunState.allCases.map { .always($0.rawValue, count) }),
      "Runs that are there, by state."),
    .always("best", Schema.reference("SweepRun").orNull, "The best of the runs that succeeded."),
    .always(
      "values",
      .object([
        .always("count", count), .always("mean", Schema.number.orNull),
        .always("std", Schema.number.orNull, "Of a sample: divided by the count less one."),
      ]), "Of the goal's series over the runs that succeeded: what a cross-validation comes to."),
    .always("run", .anything), .always("parameters", .map(.reference("SweepParameter"))),
    .maybe("method", methods), .maybe("runs", count), .maybe("seed", count),
    .always("created_at", .time), .always("finished_at", Schema.time.orNull),
    .always("links", .map(.string)),
  ])
}
