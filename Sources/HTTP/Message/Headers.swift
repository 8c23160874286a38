/// The header fields of a message; names are compared without regard to case.
public struct Headers: Sendable {
  public private(set) var items: [(name: String, value: String)]

  public init(_ items: [(String, String)] = []) {
    self.items = items.map { (name: $0.0, value: $0.1) }
  }

  /// The first field of this name.
  public subscript(name: String) -> String? {
    items.first { $0.name.caseInsensitiveEquals(name) }?.value
  }

  public func all(_ name: String) -> [String] {
    items.filter { $0.name.caseInsensitiveEquals(name) }.map(\.value)
  }

  mutating func append(_ name: String, _ value: String) { items.append((name, value)) }
}

extension String {
  /// Equality of ASCII without regard to case.
  func caseInsensitiveEquals(_ other: String) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { a, b in
        a == b || (a ^ b == 0x20 && (0x61...0x7A).contains(a | 0x20))
      }
  }
}
