import JSON
import NeuralNetworks

/// The schemas of models; the layers come from the layers' own catalog.
enum ModelSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("ModelSpec", spec), ("Layer", layer), ("Model", model), ("ModelSummary", summary),
      ("ModelPage", Components.page(of: "Model")), ("RunModel", runModel),
    ]
  }

  private static let shape = Schema.array(.integer(1...Int.max))

  private static var spec: Schema {
    Schema.object(
      [
        SchemaDocument.member, .maybe("name", .string),
        .maybe("input", input, "Either this or `inputs`."),
        .maybe(
          "inputs", .map(input),
          "Several inputs by their names, at most \(LayerLimits.inputs); layers name those they take."
        ),
        .always(
          "layers", .array(.reference("Layer"), count: 1...LayerLimits.layers),
          "A chain, but for what `inputs` says."),
        .maybe(
          "outputs",
          .anyOf([.string, .array(.string, count: 1...LayerLimits.outputs)]),
          "The layers whose outputs are the model's; the last one when left out."),
      ], isClosed: true)
  }

  private static var input: Schema {
    .object(
      [
        .always(
          "shape", .array(.integer(1...Int.max), count: 1...6),
          "Of one example; the batch axis is left out."),
        .maybe("dtype", .oneOf(["float32", "int32"]), "`int32` for tokens."),
        .maybe(
          "vocabulary", .integer(2...LayerLimits.vocabulary),
          "How many different tokens there are; needed with `int32`."),
        .maybe(
          "padding", .number,
          "The token, or with `[length, features]` the number of all features of a step, that says that there's nothing at a place."
        ),
        .maybe(
          "graph",
          .anyOf([
            .boolean,
            .object(
              [.maybe("edge_features", .integer(0...LayerLimits.edgeFeatures))], isClosed: true),
          ]), "Whether examples are the vertices of a graph."),
      ], isClosed: true)
  }

  private static var layer: Schema {
    let common: [Property] = [
      .maybe(
        "name", .string.with("pattern", "^[A-Za-z0-9_-]{1,64}$"),
        "`<type>_<index>` when left out; layers in a container are known outside as `container.name`."
      ),
      .maybe(
        "inputs", .anyOf([.string, .array(.string)]),
        """
        The layers that it takes, or inputs by their names; the one before when left out. A name is looked for \
        in the layer's own list, then in the lists around it; `input` is what the list itself takes.
        """),
      .maybe(
        "trainable", Schema.boolean.with("default", true),
        "False freezes the parameters, of a container those of all layers inside."),
      .maybe(
        "share", .string,
        """
        A layer before this one whose parameters it uses in place of its own; for a container, a container \
        with the same layers.
        """),
    ]
    let layers = LayerCatalog.entries.map { Components.object(of: $0, and: common) }
    let containers = ContainerCatalog.entries.map { entry in
      Components.object(of: entry, and: common) { field in
        // A container holds layers of this same schema.
        ContainerCatalog.layerFields.contains(field.name)
          ? Schema.array(.reference("Layer"), count: 1...LayerLimits.layers)
            .described(field.summary) : Schema(field)
      }
    }
    return .anyOf(layers + containers)
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
      "inputs",
      .array(
        .object([
          .always("name", .string), .always("shape", shape), .always("dtype", .string),
          .maybe("vocabulary", .integer(2...Int.max)),
        ])), "All of them; `input` is the first."),
    .always(
      "outputs", .array(.object([.always("name", .string), .always("shape", shape)])),
      "All of them; `output` is the first."),
    .always(
      "layers",
      .array(
        .object([
          .always(
            "name", .string, "With the names of the containers around it, such as `stage.0.conv`."),
          .always("type", .string),
          .always(
            "inputs", .array(.string), "The layers, or inputs of the model, that it takes from."),
          .always("output_shape", shape),
          .always("parameters", .integer(0...Int.max)),
          .always("forward_flops", .integer(0...Int.max), "For one example."),
          .always("activation_bytes", .integer(0...Int.max), "For one example."),
          .always("parameter_bytes", .integer(0...Int.max)),
        ])), "In the order of the spec, with containers opened."),
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
    .maybe("preflight", preflight, "Only when a dataset was named."),
  ])

  private static let runModel = Schema.object([
    .always("spec", .reference("ModelSpec"), "With every default written out."),
    .always("summary", .reference("ModelSummary")),
  ])

  private static let figure = Schema.number.orNull

  private static let preflight = Schema.object([
    .always("loss", figure, "Of the first batch."),
    .always("gradient_norm", figure),
    .always(
      "depth_slope", figure,
      "Decades a layer by which the weights' mean gradient grows from the output towards the input; below 0 it vanishes."
    ),
    .always("gradient_noise_scale", figure, "In examples; one measurement says little."),
    .always(
      "layers",
      .array(
        .object([
          .always("layer", .string), .always("mean", figure),
          .always("standard_deviation", figure), .always("min", figure), .always("max", figure),
          .always("saturated_fraction", figure), .always("dead_fraction", figure),
          .always("effective_rank", figure),
          .always(
            "error_signal", figure, "The norm of the loss's gradient with respect to the output."),
        ]))),
    .always(
      "parameters",
      .array(
        .object([
          .always("parameter", .string), .always("layer", .string),
          .always("gradient_norm", figure), .always("gradient_rms", figure),
          .always("gradient_max_abs", figure),
          .always("nonfinite", .map(.integer(0...Int.max))),
          .always("weight_norm", figure), .always("update_norm", figure),
          .always("update_ratio", figure),
        ]))),
    .always("findings", .array(.reference("Finding")), "What the rules see in one step."),
    .maybe("failure", .string, "Why no second step could be taken."),
  ])
}
