import JSON
import NeuralNetworks

/// The schemas of models; the layers come from the layers' own catalog.
enum ModelSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("ModelSpec", spec), ("Layer", layer), ("Model", model), ("ModelSummary", summary),
      ("ModelPage", Components.page(of: "Model")),
    ]
  }

  private static let shape = Schema.array(.integer(1...Int.max))

  private static var spec: Schema {
    Schema.object(
      [
        .maybe("name", .string),
        .always(
          "input",
          .object(
            [
              .always(
                "shape", .array(.integer(1...Int.max), count: 1...6),
                "Of one example; the batch axis is left out."),
              .maybe("dtype", .oneOf(["float32", "int32"]), "`int32` for tokens."),
              .maybe(
                "vocabulary", .integer(2...LayerLimits.vocabulary),
                "How many different tokens there are; needed with `int32`."),
            ], isClosed: true)),
        .always("layers", .array(.reference("Layer"), count: 1...1000)),
      ], isClosed: true)
  }

  private static var layer: Schema {
    let common: [Property] = [
      .maybe("name", .string, "`<type>_<index>` when left out."),
      .maybe(
        "inputs", .anyOf([.string, .array(.string)]),
        "The layers that it takes, or `input`; the one before when left out."),
      .maybe("trainable", .boolean, "False freezes the layer's parameters."),
      .maybe(
        "share", .string, "A layer before this one whose parameters it uses in place of its own."),
    ]
    return .anyOf(LayerCatalog.entries.map { Components.object(of: $0, and: common) })
  }

  private static let model = Schema.object([
    .always("id", .identifier("mdl")),
    .always("name", Schema.string.orNull),
    .always("spec", .reference("ModelSpec"), "With every default written out."),
    .maybe("summary", .reference("ModelSummary"), "Left out in lists."),
    .always("created_at", .time),
  ])

  private static let summary = Schema.object([
    .always("input", .object([.always("shape", shape), .always("dtype", .string)])),
    .always("output", .object([.always("shape", shape)])),
    .always(
      "layers",
      .array(
        .object([
          .always("name", .string),
          .always("type", .string),
          .always("output_shape", shape),
          .always("parameters", .integer(0...Int.max)),
          .always("forward_flops", .integer(0...Int.max), "For one example."),
          .always("activation_bytes", .integer(0...Int.max), "For one example."),
          .always("parameter_bytes", .integer(0...Int.max)),
        ]))),
    .always(
      "parameters",
      .array(
        .object([
          .always("name", .string, "As in PyTorch's `state_dict`."),
          .always("layer", .string),
          .always("shape", .array(.integer(0...Int.max))),
          .always("initializer", .anything),
        ]))),
    .always("parameter_count", .integer(0...Int.max)),
    .always("forward_flops", .integer(0...Int.max), "For one example."),
    .always("parameter_bytes", .integer(0...Int.max)),
    .maybe("batch_size", .integer(1...Int.max), "The batch that the figures below are for."),
    .maybe(
      "training_memory",
      .object([
        .always("peak_bytes", .integer(0...Int.max), "All of the below."),
        .always(
          "plan_bytes", .integer(0...Int.max), "Activations and their gradients, as planned."),
        .always("parameter_bytes", .integer(0...Int.max)),
        .always("gradient_bytes", .integer(0...Int.max)),
        .always("optimizer_bytes", .integer(0...Int.max), "Of Adam, which keeps two values each."),
      ])),
  ])
}
