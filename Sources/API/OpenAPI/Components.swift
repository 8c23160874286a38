import Autodiff
import Datasets
import JSON
import NeuralNetworks
import Optimizers

/// The schemas that several operations share.
enum Components {
  static var schemas: [(name: String, schema: Schema)] {
    [("Problem", problem), ("SchemaList", schemaList)] + DatasetSchemas.all + SplitSchemas.all
      + UploadSchemas.all
      + WeightsSchemas.all
      + ModelSchemas.all
      + GradientCheckSchemas.all
      + LossSchemas.all + RunSchemas.all + SweepSchemas.all + ObservationSchemas.all
      + EvaluationSchemas.all
      + AutopsySchemas.all + ClippingSchemas.all + RangeTestSchemas.all + DiagnosisSchemas.all
      + CatalogSchemas.all + WebhookSchemas.all + KeySchemas.all + BackupSchemas.all
  }

  private static let schemaList = Schema.object([
    .always(
      "data",
      .array(
        .object([
          .always("name", .string), .always("summary", .string),
          .always("url", Schema.string.with("format", "uri-reference")),
        ])))
  ])

  private static let problem = Schema.object([
    .always("type", .string, "`/problems/<kind>`; the kind never changes its meaning."),
    .always("title", .string),
    .always("status", .integer(400...599)),
    .always("detail", .string, "What is wrong this time, in words."),
    .maybe("instance", .string, "The request's identifier, as in `X-Request-Id`."),
    .maybe(
      "errors",
      .array(
        .object([
          .maybe("pointer", .string, "Where in the body, as a JSON pointer (RFC 6901)."),
          .maybe("parameter", .string, "Which query parameter."),
          .always("detail", .string),
        ])), "Every fault found."),
  ])

  /// A page of a list.
  static func page(of name: String) -> Schema {
    .object([
      .always("data", .array(.reference(name)), "Newest first."),
      .always("next_cursor", Schema.string.orNull, "What `cursor` must be for the next page."),
    ])
  }

  /// One entry of a catalog: its name alone, or its object; what is written as an expression needs no type.
  ///
  /// - Parameter schema: what a member may hold, where the catalog's own words aren't enough.
  static func choice(
    among entries: [CatalogEntry], schema: (Field) -> Schema = { Schema($0) }
  ) -> Schema {
    let alone = entries.filter { !$0.fields.contains(where: \.isRequired) }
    let names = Schema.oneOf(alone.flatMap { [$0.type] + $0.aliases })
    return .anyOf([names] + entries.map { object(of: $0, schema: schema) })
  }

  /// The object of one entry of a catalog, with every member it may have.
  ///
  /// - Parameter schema: what a member may hold, where the catalog's own words aren't enough.
  static func object(
    of entry: CatalogEntry, and common: [Property] = [],
    schema: (Field) -> Schema = { Schema($0) }
  ) -> Schema {
    let type = Property(
      name: "type", schema: .oneOf([entry.type] + entry.aliases),
      isRequired: entry.type != "expression")
    let fields = entry.fields.map { field in
      Property(name: field.name, schema: schema(field), isRequired: field.isRequired)
    }
    return Schema.object([type] + common + fields, isClosed: true).described(
      "\(entry.summary) \(entry.formula)")
  }
}
