/// One member that a document's object may have: its name, what it may hold, and its default.
///
/// A decoder reads through the same value that the catalog serves, so that ranges and defaults
/// are written once.
public struct Field: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case boolean
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case choice([String])
    /// Anything else, described in words, such as "an integer or a pair of integers".
    case described(String)
  }

  public let name: String
  public let content: Content
  /// What an absent member means; `nil` when the member is required or its default isn't one value.
  public let defaultValue: JSON?
  /// Whether a document without the member is at fault.
  public let isRequired: Bool
  public let summary: String

  public init(
    _ name: String, _ content: Content, default defaultValue: JSON? = nil,
    isRequired: Bool = false, _ summary: String
  ) {
    self.name = name
    self.content = content
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.summary = summary
  }

  /// The field as the catalog shows it.
  public var json: JSON {
    var object = JSONObject([("name", .string(name))])
    switch content {
    case .boolean:
      object["type"] = "boolean"
    case .integer(let range):
      object["type"] = "integer"
      object["minimum"] = .integer(range.lowerBound)
      if range.upperBound != .max { object["maximum"] = .integer(range.upperBound) }
    case .number(let range):
      object["type"] = "number"
      if range.lowerBound.magnitude < .greatestFiniteMagnitude {
        object["minimum"] = .number(range.lowerBound)
      }
      if range.upperBound.magnitude < .greatestFiniteMagnitude {
        object["maximum"] = .number(range.upperBound)
      }
    case .choice(let names):
      object["type"] = "string"
      object["one_of"] = .array(names.map(JSON.string))
    case .described(let words):
      object["type"] = .string(words)
    }
    if isRequired {
      object["required"] = true
    } else if let defaultValue {
      object["default"] = defaultValue
    }
    object["description"] = .string(summary)
    return .object(object)
  }
}

extension ObjectReader {
  /// The field's value, or its default; after a fault the default or the range's lower bound.
  ///
  /// - Precondition: the field's content is `.number`.
  public mutating func double(_ field: Field) -> Double {
    guard case .number(let range) = field.content else {
      preconditionFailure("\(field.name) is no number")
    }
    note(missing: field)
    return double(field.name, in: range) ?? field.defaultValue?.double ?? range.lowerBound
  }

  /// The field's value, or its default; after a fault the default or the range's lower bound.
  ///
  /// - Precondition: the field's content is `.integer`.
  public mutating func integer(_ field: Field) -> Int {
    guard case .integer(let range) = field.content else {
      preconditionFailure("\(field.name) is no integer")
    }
    note(missing: field)
    return integer(field.name, in: range) ?? field.defaultValue?.integer ?? range.lowerBound
  }

  /// The field's value, or its default, else `false`.
  public mutating func bool(_ field: Field) -> Bool {
    note(missing: field)
    return bool(field.name) ?? field.defaultValue?.bool ?? false
  }

  /// The field's value, or its default, else the first choice.
  ///
  /// - Precondition: the field's content is `.choice`.
  public mutating func choice(_ field: Field) -> String {
    guard case .choice(let names) = field.content else {
      preconditionFailure("\(field.name) is no choice")
    }
    note(missing: field)
    return string(field.name, in: names) ?? field.defaultValue?.string ?? names.first ?? ""
  }

  /// Records that a required field isn't there.
  private mutating func note(missing field: Field) {
    if field.isRequired { _ = requiredValue(field.name) }
  }
}
