import Datasets
import JSON

/// The schemas of splits.
enum SplitSchemas {
  static var all: [(name: String, schema: Schema)] {
    [
      ("SplitRequest", request), ("Split", split), ("SplitPage", Components.page(of: "Split")),
    ]
  }

  private static let count = Schema.integer(0...Int.max)
  private static let texts = Schema.array(.string)
  private static let numbers = Schema.array(.integer(0...Int.max))

  private static let request = Schema.anyOf(
    SplitCatalog.entries.map { entry in
      Components.object(
        of: entry,
        and: [
          SchemaDocument.member, .always("dataset", .identifier("ds")),
          .maybe("name", Schema.string.with("maxLength", 200).orNull),
        ]
      ) { field in
        switch field.name {
        case "values": parts(texts, isTrainingNeeded: true)
        case "indices": parts(numbers, isTrainingNeeded: false)
        default: Schema(field)
        }
      }
    })

  private static func parts(_ content: Schema, isTrainingNeeded: Bool) -> Schema {
    .object(
      [
        isTrainingNeeded ? .always("train", content) : .maybe("train", content),
        .always("validation", content), .maybe("test", content),
      ], isClosed: true)
  }

  private static let split = Schema.object([
    .always("id", .identifier("spl")), .always("name", Schema.string.orNull),
    .always("dataset", .identifier("ds")),
    .always("type", .oneOf(SplitCatalog.entries.map(\.type))),
    .maybe("column", .string), .maybe("values", .map(texts)),
    .maybe("validation", .number), .maybe("test", .number),
    .maybe("folds", .integer(2...SplitShares.mostFolds)),
    .always("seed", count),
    .always(
      "counts",
      .object([
        .maybe("train", count), .maybe("validation", count), .maybe("test", count),
        .maybe("folds", .array(count)),
      ]), "How many examples each part has."),
    .always("left_out", count, "How many examples are in no part."),
    .always("created_at", .time), .always("links", .map(.string)),
  ])
}
