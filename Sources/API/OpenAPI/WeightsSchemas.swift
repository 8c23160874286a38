import JSON
import Training

/// The schemas of weights that clients bring, and of what runs tell of them.
enum WeightsSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("WeightsFile", file), ("WeightsFilePage", Components.page(of: "WeightsFile")),
      ("InitialWeights", initial), ("InitialWeightsReport", report),
    ]
  }

  private static let shape = Schema.array(.integer(0...Int.max))

  private static let file = Schema.object([
    .always("id", .identifier("wts")),
    .always("name", .string),
    .always("format", .oneOf(WeightsFile.allCases.map(\.rawValue))),
    .always("tensor_count", .integer(0...WeightsFile.mostTensors)),
    .maybe(
      "tensors",
      .array(
        .object([
          .always("name", .string),
          .always("dtype", .string, "In the format's words, such as `BF16` or `<f2`."),
          .always("shape", shape),
          .maybe("non_finite", .integer(1...Int.max), "Numbers that are NaN or infinite."),
        ])), "Left out in lists."),
    .always("size_bytes", .integer(0...Int.max)),
    .always("sha256", .string.with("pattern", "^[0-9a-f]{64}$")),
    .always("created_at", .time),
  ])

  private static let initial = Schema.anyOf([
    .identifier("run"), .identifier("wts"),
    .object(
      [
        .maybe("run", .identifier("run"), "Either this or `weights`."),
        .maybe(
          "checkpoint",
          Schema.anyOf([.oneOf(["latest", "best", "initial"]), .integer(0...Int.max)])
            .with("default", "latest"), "Which of the run's."),
        .maybe("weights", .identifier("wts"), "Weights that were uploaded."),
        .maybe(
          "strict", Schema.boolean.with("default", true),
          "Whether every parameter must be there, every tensor be one, and shapes be equal; else what goes together is "
            + "taken, and the rest begins as its initializers say."),
        .maybe(
          "prefix", .string,
          "With which the names of tensors begin that are taken, such as `module.`; it is taken off."
        ),
        .maybe(
          "rename", Schema.map(.string),
          "Names of tensors, without the prefix, and what they are called in the model; with a dot at the end all names "
            + "that begin so."),
      ], isClosed: true),
  ])

  private static let report = Schema.object([
    .always("matched", names, "Parameters that begin so."),
    .always("missing", names, "Parameters that no tensor is called like."),
    .always("unexpected", names, "Tensors that are no parameters."),
    .always(
      "mismatched",
      .array(
        .object([
          .always("name", .string), .always("found", shape, "Of the tensor."),
          .always("wanted", shape, "Of the parameter."),
        ]), count: 0...WeightsMatch.longestList)),
    .always("passed_over", names, "PyTorch's counters of batches."),
    .always("counts", .map(.integer(0...Int.max)), "Of each list, of which the first are shown."),
  ])

  private static let names = Schema.array(.string, count: 0...WeightsMatch.longestList)
}
