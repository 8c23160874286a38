import Foundation

/// Reads the members of one JSON object, and collects every fault rather than stop at the first.
///
/// Each member is asked for by name; `finish()` then reports the members nobody asked for, so that
/// a misspelt field is never ignored. A getter answers its default, or a harmless value of its
/// type, after it has recorded a fault, so that reading can go on.
public struct ObjectReader {
  public let pointer: String
  public let object: JSONObject
  public private(set) var faults = Faults()
  private var asked: [String] = []
  private let isObject: Bool

  /// A reader of `value`, which stands at `pointer` in its document.
  public init(_ value: JSON, pointer: String = "") {
    self.pointer = pointer
    if case .object(let object) = value {
      self.object = object
      isObject = true
    } else {
      self.object = JSONObject()
      isObject = false
      faults.add(pointer, "expected an object, found \(value.kind)")
    }
  }

  /// The pointer of a member of this object, with `~` and `/` escaped.
  public func pointer(to name: String) -> String { pointer + "/" + escapedPointerToken(name) }

  public mutating func fault(_ name: String, _ detail: String) {
    faults.add(pointer(to: name), detail)
  }

  /// A fault of one element of an array.
  public mutating func fault(_ name: String, element index: Int, _ detail: String) {
    faults.add("\(pointer(to: name))/\(index)", detail)
  }

  /// Takes over the faults that reading a part of this object found.
  public mutating func add(_ other: Faults) { faults.add(other) }

  public func has(_ name: String) -> Bool { object[name] != nil && object[name] != .null }

  /// The member as it stands; `null` counts as absent.
  public mutating func value(_ name: String) -> JSON? {
    if !asked.contains(name) { asked.append(name) }
    guard let value = object[name], value != .null else { return nil }
    return value
  }

  /// The member as it stands, which must be there.
  public mutating func requiredValue(_ name: String) -> JSON? {
    let found = value(name)
    // What isn't an object at all has one fault, not one more for each member it lacks.
    if found == nil, isObject { fault(name, "is missing") }
    return found
  }

  public mutating func string(_ name: String, in allowed: [String]? = nil) -> String? {
    guard let found = value(name) else { return nil }
    guard let text = found.string else {
      fault(name, "expected a string, found \(found.kind)")
      return nil
    }
    if let allowed, !allowed.contains(text) {
      fault(
        name,
        "\"\(text.prefix(80))\" is unknown\(nearest(text, among: allowed)); one of: \(allowed.joined(separator: ", "))"
      )
      return nil
    }
    return text
  }

  public mutating func bool(_ name: String) -> Bool? {
    guard let found = value(name) else { return nil }
    if found.bool == nil { fault(name, "expected true or false, found \(found.kind)") }
    return found.bool
  }

  public mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard let found = value(name) else { return nil }
    var integer = found.integer
    if integer == nil, case .number(let number) = found { integer = Int(exactly: number) }
    guard let integer else {
      fault(name, "expected an integer, found \(found.double.map { "\($0)" } ?? found.kind)")
      return nil
    }
    guard range.contains(integer) else {
      fault(name, "\(integer) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return integer
  }

  public mutating func double(_ name: String, in range: ClosedRange<Double>) -> Double? {
    guard let found = value(name) else { return nil }
    guard let double = found.double else {
      fault(name, "expected a number, found \(found.kind)")
      return nil
    }
    guard range.contains(double) else {
      fault(name, "\(double) is out of range; from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return double
  }

  /// A time as RFC 3339 writes it, in milliseconds since 1970.
  public mutating func time(_ name: String) -> Int? {
    guard let text = string(name) else { return nil }
    for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), .iso8601] {
      if let date = try? style.parse(text) { return Int(date.timeIntervalSince1970 * 1000) }
    }
    fault(name, "\"\(text.prefix(80))\" is no time such as 2030-01-31T12:00:00Z (RFC 3339)")
    return nil
  }

  public mutating func array(_ name: String, count: ClosedRange<Int> = 0...Int.max) -> [JSON]? {
    guard let found = value(name) else { return nil }
    guard let array = found.array else {
      fault(name, "expected an array, found \(found.kind)")
      return nil
    }
    guard count.contains(array.count) else {
      fault(name, "has \(array.count) elements; from \(count.lowerBound) to \(count.upperBound)")
      return nil
    }
    return array
  }

  public mutating func strings(_ name: String, count: ClosedRange<Int> = 0...Int.max) -> [String]? {
    guard let array = array(name, count: count) else { return nil }
    var strings: [String] = []
    for (index, element) in array.enumerated() {
      if let string = element.string {
        strings.append(string)
      } else {
        fault(name, element: index, "expected a string, found \(element.kind)")
      }
    }
    return strings
  }

  /// A reader for a member that is an object; `nil` when there's none.
  /// Give its faults back with `add(_:)` after `finish()`.
  public mutating func reader(_ name: String) -> ObjectReader? {
    value(name).map { ObjectReader($0, pointer: pointer(to: name)) }
  }

  /// Passes over the member by which a document names its schema to editors.
  public mutating func passOverSchema() { _ = value("$schema") }

  /// Records every member nobody asked for, and answers all faults found.
  public mutating func finish() -> Faults {
    for name in object.names where !asked.contains(name) && !faults.isFull {
      let known = asked.isEmpty ? "" : "; known here: \(asked.joined(separator: ", "))"
      fault(name, "unknown field\(nearest(name, among: asked))\(known)")
    }
    return faults
  }
}

/// One token of an RFC 6901 pointer, escaped.
public func escapedPointerToken(_ token: String) -> String {
  var escaped = ""
  for character in token {
    switch character {
    case "~": escaped += "~0"
    case "/": escaped += "~1"
    default: escaped.append(character)
    }
  }
  return escaped
}
