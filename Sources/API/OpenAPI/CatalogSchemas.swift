import JSON

/// The schemas of the catalog.
enum CatalogSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("Catalog", .map(.array(.reference("CatalogEntry")))), ("CatalogEntry", entry)]
  }

  private static let entry = Schema.object([
    .always("type", .string, "The name by which a spec chooses it."),
    .maybe("aliases", .array(.string)),
    .always("summary", .string),
    .always("formula", .string),
    .maybe("shapes", .string),
    .always(
      "parameters",
      .array(
        .object([
          .always("name", .string), .always("type", .string), .maybe("default", .anything),
          .maybe("required", .boolean), .always("description", .string),
        ]))),
    .maybe("weights", .array(.string), "Names and shapes of what it learns."),
    .always("source", .string, "The paper, or the definition that it follows."),
  ])
}
