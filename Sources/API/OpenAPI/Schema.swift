import JSON

/// A JSON Schema (2020-12), as OpenAPI 3.1 takes it.
struct Schema: Sendable {
  private(set) var members: JSONObject

  init(_ members: [(String, JSON)]) { self.members = JSONObject(members) }

  var json: JSON { .object(members) }

  /// The same schema with one more member.
  func with(_ name: String, _ value: JSON) -> Schema {
    var copy = self
    copy.members[name] = value
    return copy
  }

  func described(_ text: String) -> Schema { with("description", .string(text)) }

  /// The same schema, or null.
  var orNull: Schema {
    if members.isEmpty || members["type"]?.array?.contains("null") == true { return self }
    if let type = members["type"]?.string {
      let schema = with("type", [.string(type), "null"])
      guard let values = members["enum"]?.array else { return schema }
      return schema.with("enum", .array(values + [.null]))
    }
    if let choices = members["anyOf"]?.array {
      let isThere = choices.contains(["type": "null"])
      return isThere ? self : with("anyOf", .array(choices + [["type": "null"]]))
    }
    if members["type"] == nil, members["$ref"] == nil, members["enum"] == nil { return self }
    // What is said of the member is said of both.
    let plain = JSONObject(members.members.filter { $0.name != "description" })
    let either = Schema([("anyOf", [.object(plain), ["type": "null"]])])
    return members["description"].map { either.with("description", $0) } ?? either
  }
}

extension Schema {
  static let anything = Schema([])
  static let string = Schema([("type", "string")])
  static let boolean = Schema([("type", "boolean")])
  static let number = Schema([("type", "number")])
  static let time = Schema([("type", "string"), ("format", "date-time")])
  static let bytes = Schema([("type", "string"), ("format", "binary")])
  static let integer = Schema([("type", "integer")])

  static func integer(_ range: ClosedRange<Int>) -> Schema {
    var schema = integer.with("minimum", .integer(range.lowerBound))
    if range.upperBound != .max { schema = schema.with("maximum", .integer(range.upperBound)) }
    return schema
  }

  static func oneOf(_ names: [String]) -> Schema {
    string.with("enum", .array(names.map(JSON.string)))
  }

  static func anyOf(_ schemas: [Schema]) -> Schema {
    Schema([("anyOf", .array(schemas.map(\.json)))])
  }

  static func array(_ element: Schema) -> Schema {
    Schema([("type", "array"), ("items", element.json)])
  }

  /// An array with bounds on how many elements it has.
  static func array(_ element: Schema, count: ClosedRange<Int>) -> Schema {
    let schema = array(element).with("minItems", .integer(count.lowerBound))
    return count.upperBound == .max ? schema : schema.with("maxItems", .integer(count.upperBound))
  }

  /// A row of numbers, some of which may be null. (Readers of `prefixItems` are still few.)
  static func row(_ count: Int) -> Schema { array(Schema.number.orNull, count: count...count) }

  /// An object from any name to values of one schema.
  static func map(_ value: Schema) -> Schema {
    Schema([("type", "object"), ("additionalProperties", value.json)])
  }

  /// A schema of `components`, by its name there.
  static func reference(_ name: String) -> Schema {
    Schema([("$ref", .string("#/components/schemas/\(name)"))])
  }

  static func identifier(_ prefix: String) -> Schema {
    string.with("pattern", .string("^\(prefix)_[0-9A-HJKMNP-TV-Z]{26}$"))
  }

  /// An object with these members; `isClosed` when a request may have no others, where a member that may be left out may be
  /// `null` too.
  static func object(_ properties: [Property], isClosed: Bool = false) -> Schema {
    let schemas = properties.map { property in
      (
        property.name,
        (isClosed && !property.isRequired ? property.schema.orNull : property.schema).json
      )
    }
    var members: [(String, JSON)] = [
      ("type", "object"), ("properties", .object(JSONObject(schemas))),
    ]
    let required = properties.filter(\.isRequired).map { JSON.string($0.name) }
    if !required.isEmpty { members.append(("required", .array(required))) }
    if isClosed { members.append(("additionalProperties", false)) }
    return Schema(members)
  }
}

/// One member of an object's schema.
struct Property: Sendable {
  let name: String
  let schema: Schema
  let isRequired: Bool

  /// A member that is always there.
  static func always(_ name: String, _ schema: Schema, _ description: String? = nil) -> Property {
    Property(
      name: name, schema: description.map(schema.described) ?? schema, isRequired: true)
  }

  /// A member that may be left out.
  static func maybe(_ name: String, _ schema: Schema, _ description: String? = nil) -> Property {
    Property(
      name: name, schema: description.map(schema.described) ?? schema, isRequired: false)
  }
}

extension Schema {
  /// What a field of a document or of a query may hold.
  init(_ field: Field) {
    switch field.content {
    case .boolean: self = .boolean
    case .integer(let range): self = .integer(range)
    case .number(let range):
      self = .number
      if range.lowerBound.magnitude < .greatestFiniteMagnitude {
        self = with("minimum", .number(range.lowerBound))
      }
      if range.upperBound.magnitude < .greatestFiniteMagnitude {
        self = with("maximum", .number(range.upperBound))
      }
    case .choice(let names): self = .oneOf(names)
    case .described: self = .anything
    }
    if let value = field.defaultValue { self = with("default", value) }
    self = described(field.summary)
  }
}
