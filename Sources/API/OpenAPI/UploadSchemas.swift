import JSON

/// The schemas of uploads that come piece by piece.
enum UploadSchemas {
  static var all: [(name: String, schema: Schema)] {
    [("Upload", upload), ("UploadPage", Components.page(of: "Upload"))]
  }

  private static let count = Schema.integer(0...Int.max)

  private static let upload = Schema.object([
    .always("id", .identifier("upl")),
    .always("length", count, "How many bytes it will have."),
    .always("offset", count, "How many have come."),
    .always("is_whole", .boolean, "Whether something can be made of it."),
    .always("is_partial", .boolean, "Whether it is a part, to be put together with others."),
    .always("metadata", .map(.string), "What the client says of it."),
    .always("created_at", .time),
    .always("expires_at", Schema.time.orNull, "When it is deleted unless something comes before."),
  ])
}
