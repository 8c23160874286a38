import JSON

/// The column without which a rule can't share anything out.
struct RequiredColumn {
  let name: String

  /// - Parameter summary: what the column says of a row.
  static func field(_ summary: String) -> Field {
    Field("column", .described("a column's name"), isRequired: true, summary)
  }

  init(_ field: Field, from reader: inout ObjectReader) {
    _ = reader.requiredValue(field.name)
    name = reader.string(field.name) ?? ""
  }

  var configuration: [(String, JSON)] { [("column", .string(name))] }
}
