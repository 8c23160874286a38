/// A JSON value (RFC 8259) that keeps the order of an object's members.
public enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits.
  case integer(Int)
  /// Any other number. One that isn't finite is written as `null`.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// The members of a JSON object, in the order in which they were written; names are unique.
public struct JSONObject: Hashable, Sendable {
  public private(set) var members: [(name: String, value: JSON)] = []
  /// Where each name stands, once there are more than `few`.
  private var positions: [String: Int] = [:]
  /// So many are looked through faster than a hash is made.
  private static let few = 16

  public init() {}

  public init(_ members: [(String, JSON)]) {
    for (name, value) in members { self[name] = value }
  }

  public var names: [String] { members.map(\.name) }
  public var isEmpty: Bool { members.isEmpty }

  /// The member's value; setting appends a new member, replaces an old one, or with `nil` removes it.
  public subscript(name: String) -> JSON? {
    get { position(of: name).map { members[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let position?, let value?):
        members[position].value = value
      case (nil, let value?):
        members.append((name, value))
        if members.count == Self.few + 1 { findPositions() }
        if members.count > Self.few { positions[name] = members.count - 1 }
      case (let position?, nil):
        members.remove(at: position)
        findPositions()
      case (nil, nil):
        break
      }
    }
  }

  private func position(of name: String) -> Int? {
    members.count > Self.few ? positions[name] : members.firstIndex { $0.name == name }
  }

  private mutating func findPositions() {
    positions =
      members.count > Self.few
      ? Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.name, $0) }) : [:]
  }

  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.name] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(Set(names))
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(elements))
  }
  public init(nilLiteral: ()) { self = .null }
}

extension JSON {
  /// A member of an object; `nil` when this is no object or has no such member.
  public subscript(name: String) -> JSON? {
    if case .object(let object) = self { object[name] } else { nil }
  }

  /// An element of an array; `nil` when this is no array or is shorter.
  public subscript(index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) {
      elements[index]
    } else {
      nil
    }
  }

  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// Any number as a double.
  public var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// What kind of value this is, in words for a message: "a string", "an object", ….
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
