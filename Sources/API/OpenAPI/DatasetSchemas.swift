import Datasets
import JSON

/// The schemas of datasets.
enum DatasetSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("Dataset", dataset), ("DatasetPage", Components.page(of: "Dataset")),
      ("DatasetPreview", preview), ("DatasetStatistics", statistics),
      ("NumberStatistics", numbers), ("Column", column),
    ]
  }

  private static let shape = Schema.array(.integer(0...Int.max))

  private static let dataset = Schema.object([
    .always("id", .identifier("ds")),
    .always("name", Schema.string.orNull),
    .always("format", .oneOf(DatasetFormat.allCases.map(\.rawValue))),
    .always("state", .oneOf(["ready"])),
    .always("examples", .integer(1...Int.max)),
    .always(
      "input",
      .object([
        .always("shape", shape, "Of one example; the batch axis is left out."),
        .always("dtype", .string),
        .maybe("stored", .string, "How the numbers lie on disk."),
        .maybe("vocabulary", .integer(1...Int.max), "How many different tokens a text has."),
        .maybe(
          "categories",
          .array(
            .object([
              .always("column", .string),
              .always("place", .integer(0...Int.max), "Along the input's last axis."),
              .always("values", .integer(1...Int.max)),
              .always("dimensions", .integer(1...Int.max), "Elements of a vector, as a proposal."),
            ])),
          "Numbers that stand for categories: the `columns` of the model's column_embedding."),
        .maybe(
          "text",
          .object([
            .always("tokens", .oneOf(TextTokens.allCases.map(\.rawValue))),
            .always("length", .integer(1...Int.max), "Tokens of the whole text."),
            .always("sequence_length", .integer(1...Int.max), "Tokens of an example."),
            .always("stride", .integer(1...Int.max), "Tokens from one example to the next."),
          ]), "How a text's examples are cut out of it."),
        .maybe(
          "series",
          .object([
            .always("window", .integer(1...Int.max), "Rows of an example."),
            .always("horizon", .integer(1...Int.max), "Rows from its last to its target's."),
            .always("stride", .integer(1...Int.max), "Rows from one example to the next."),
            .always("rows", .integer(1...Int.max), "Of the whole table."),
            .maybe("steps", .integer(2...Int.max), "Rows that an example is to predict."),
            .maybe("every_row", .boolean, "Each row has one to predict."),
            .maybe("entity", .string, "The column that says which series a row belongs to."),
            .maybe("entities", .integer(1...Int.max), "How many series there are."),
            .maybe("short", .integer(0...Int.max), "Series too short for an example."),
            .maybe("padding", .number, "What stands behind a series shorter than a window."),
          ]), "How a table's examples are cut out of its rows."),
        .maybe("padding", .number, "What stands behind series that are shorter than others (ts)."),
      ])),
    .always(
      "target",
      .object([
        .always("kind", .oneOf(DatasetDescription.Target.Kind.allCases.map(\.rawValue))),
        .maybe("classes", .array(.string), "In the order of their indices."),
        .always("shape", shape),
      ])),
    .maybe(
      "inputs",
      .array(
        .object([
          .always("name", .string), .always("shape", shape), .always("dtype", .string),
        ])), "All of them, when there are several arrays of a kind; `input` is the first."),
    .maybe(
      "targets",
      .array(
        .object([
          .always("name", .string), .always("kind", .oneOf(["class", "vector"])),
          .always("shape", shape), .maybe("classes", .array(.string)),
        ])), "Likewise; `target` is the first."),
    .always("columns", .array(.reference("Column")), "Of a table; else none."),
    .maybe("graph", graph, "Whose vertices, or graphs, the examples are."),
    .always("size_bytes", .integer(0...Int.max), "Of the upload."),
    .always("sha256", .string.with("pattern", "^[0-9a-f]{64}$"), "Of the upload."),
    .maybe("options", .string, "How the upload was read, in one canonical line."),
    .always("created_at", .time),
  ])

  private static let graph = Schema.object([
    .always("vertices", .integer(1...Int.max)),
    .always("edges", .integer(1...Int.max), "Each direction counted."),
    .always("directed", .boolean),
    .always("duplicate_edges", .integer(0...Int.max), "Given again, and left out."),
    .always("self_loops", .integer(0...Int.max), "From a vertex to itself."),
    .always("unknown_edges", .integer(0...Int.max), "Of vertices that aren't there, left out."),
    .always("edge_features", .integer(0...Int.max)),
    .maybe("graphs", .integer(1...Int.max), "Where targets are of graphs."),
    .maybe("stored_features", .integer(1...Int.max), "Where features are sparse."),
    .always("train", .integer(0...Int.max)), .always("validation", .integer(0...Int.max)),
    .always("test", .integer(0...Int.max)),
  ])

  private static let preview = Schema.object([
    .maybe("columns", .array(.string), "Of a table."),
    .always(
      "rows",
      .array(
        .anyOf([
          .array(.anything),
          .object([
            .always("input", .anything), .always("target", .anything),
            .maybe("inputs", .map(.anything)), .maybe("targets", .map(.anything)),
          ]),
        ])), "As they were uploaded: a table's fields, or an example's input and target."),
    .always("examples", .integer(1...Int.max)),
  ])

  private static let statistics = Schema.object([
    .always("examples", .integer(1...Int.max)),
    .maybe("input", .reference("NumberStatistics"), "Of arrays."),
    .always("target", .anything, "How often each class is there, or the numbers' statistics."),
    .maybe("columns", .array(.reference("Column")), "Of a table, but for those left out."),
    .maybe("inputs", .map(.anything), "Each by its name, when there are several arrays of a kind."),
    .maybe("targets", .map(.anything), "Likewise."),
  ])

  private static let numbers = Schema.object([
    .always("count", .integer(0...Int.max)), .maybe("mean", .number), .maybe("std", .number),
    .maybe("min", .number), .maybe("max", .number),
  ])

  private static let column = Schema.object([
    .always("name", .string), .always("position", .integer(1...Int.max), "Counted from 1."),
    .always("role", .oneOf(Column.Role.allCases.map(\.rawValue))),
    .maybe("kind", .oneOf(["number", "category", "date"]), "What it is taken for."),
    .maybe(
      "type", .oneOf(ColumnSummary.Kind.allCases.map(\.rawValue)),
      "What its values look like, over the whole file."),
    .maybe("evidence", .string, "Why."), .maybe("missing", .integer(0...Int.max)),
    .maybe("distinct", .integer(0...Int.max), "How many different values there are."),
    .maybe(
      "distinct_is_estimate", .boolean,
      "Where there were too many to count: HyperLogLog's, of a standard error of 1.6 %."),
    .maybe("count", .integer(0...Int.max)), .maybe("mean", .number), .maybe("std", .number),
    .maybe("min", .number), .maybe("max", .number),
    .maybe("quantiles", .map(.number), "p1, p5, p25, p50, p75, p95 and p99 of its numbers."),
    .maybe(
      "histogram", .array(.integer(0...Int.max)),
      "Numbers in 32 bins of one width, from the least to the largest."),
    .maybe(
      "sampled", .integer(0...Int.max),
      "From how many numbers quantiles and histogram were taken: all, or a uniform sample."),
    .maybe(
      "top", .array(.object([.always("value", .string), .always("count", .integer(1...Int.max))])),
      "The most frequent values."),
    .maybe(
      "relation",
      .object([
        .always("kind", .oneOf(ColumnSummary.Relation.Kind.allCases.map(\.rawValue))),
        .always("value", .number),
      ]),
      "To the target: Pearson's correlation of two numbers, the correlation ratio of a number and a class, Cramér's V of two categories."
    ),
    .maybe("scaling", .anything, "`subtract` and `divide` of its numbers."),
    .maybe("fill", .anything, "What stands for a missing value."),
    .maybe("values", .array(.string), "Of a category, in order."),
    .maybe("counts", .array(.integer(0...Int.max)), "How often each occurs."),
    .maybe(
      "codes", .array(.number),
      "What stands for each value, where it is encoded by the target: one number after another of the first, then of the second."
    ),
    .maybe("treatment", .anything, "What is done to its values beside that."),
  ])
}
