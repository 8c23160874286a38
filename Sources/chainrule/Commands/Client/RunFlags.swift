import JSON

/// What several sub-commands on a run have in common.
enum RunArgument {
  static let field = Field(
    "run", .described("a run"), isRequired: true,
    "The run: its id, the beginning of one, or latest.")

  static func read(_ reader: inout ObjectReader) -> String { reader.string(field.name) ?? "" }
}
