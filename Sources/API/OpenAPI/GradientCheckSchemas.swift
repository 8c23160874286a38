import JSON
import NeuralNetworks
import Training

/// The schemas of gradient checks.
enum GradientCheckSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("GradientCheckRequest", request), ("GradientCheck", answer)]
  }

  private static let count = Schema.integer(0...Int.max)
  private static let value = Schema.number.orNull

  private static var request: Schema {
    .object(
      [
        .always(
          "model", .anyOf([.identifier("mdl"), .reference("ModelSpec")]),
          "A model's id, or a spec of its own."),
        .always("loss", .reference("Loss")),
        .maybe(
          "dataset", .identifier("ds"),
          "Its first batch under the seed is taken; random examples when left out."),
      ]
        + GradientCheckConfiguration.fields.map {
          Property(name: $0.name, schema: Schema($0), isRequired: false)
        }, isClosed: true)
  }

  private static let answer = Schema.object([
    .always("passed", .boolean, "Whether every parameter passed."),
    .always(
      "worst", .string, "The parameter nearest to what is allowed, or furthest beyond it."),
    .always("loss", value, "The mean loss of the batch."),
    .always("element_type", .oneOf(["float64"])),
    .always("batch_size", .integer(1...Int.max), "Less than asked for where the dataset has less."),
    .always("seed", count),
    .always("step", .number),
    .always("tolerance", .number),
    .always(
      "rounding_error", .number,
      "What rounding can make of a difference; allowed beside the tolerance."),
    .always("elements", count, "Of all parameters."),
    .always("checked", count),
    .always("kinks", count),
    .always("failed", count),
    .always(
      "limit",
      Schema([
        ("type", ["string", "null"]),
        ("enum", .array(GradientCheckReport.Limit.allCases.map { .string($0.rawValue) } + [.null])),
      ]), "Why not every element was checked."),
    .always("forward_passes", count),
    .always("seconds", .number),
    .always("parameters", .array(parameter), "In the order of the model."),
  ])

  private static let parameter = Schema.object([
    .always("name", .string, "As in PyTorch's `state_dict`."),
    .always("layer", .string),
    .always("shape", .array(.integer(1...Int.max))),
    .always("passed", .boolean, "Whether elements were checked and none failed."),
    .always("elements", count),
    .always("checked", count, "Of the elements; those at kinks are among them."),
    .always(
      "kinks", count,
      "Elements within whose step the loss has no derivative; in none of the figures below."),
    .always("failed", count),
    .always("largest_derivative", value, "Analytic or numeric."),
    .always("largest_difference", value),
    .always(
      "relative_difference", value, "The largest difference as a part of the largest derivative."),
    .always(
      "worst_element",
      .anyOf([
        .object([
          .always("index", .array(count), "One number an axis."),
          .always("flat_index", count, "In row-major order."),
          .always("analytic", value),
          .always("numeric", value),
        ]), Schema([("type", "null")]),
      ]), "Where the largest difference is; null when no element has a derivative."),
  ])
}
