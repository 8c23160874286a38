import JSON

/// A name in which `*` stands for any letters, none included, and `?` for one: `embedding*`, `*.bias`.
public struct NamePattern: Hashable, Sendable {
  public let text: String

  /// Letters of a pattern, and patterns of a list, at most.
  public static let longest = 200
  public static let most = 256

  public init(_ text: String) { self.text = text }

  public func matches(_ name: String) -> Bool {
    let pattern = Array(text.unicodeScalars)
    let letters = Array(name.unicodeScalars)
    var (place, at) = (0, 0)
    // Where the last star was, and up to which letter it reaches.
    var star: (place: Int, reach: Int)?
    while at < letters.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, at)
        place += 1
      } else if place < pattern.count, pattern[place] == "?" || pattern[place] == letters[at] {
        place += 1
        at += 1
      } else if let last = star {
        star = (last.place, last.reach + 1)
        place = last.place + 1
        at = last.reach + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }

  /// Reads a member that is an array of patterns; none when there's no such member.
  public static func decoded(_ reader: inout ObjectReader, _ name: String) -> [NamePattern] {
    let texts = reader.strings(name, count: 1...most) ?? []
    for (index, text) in texts.enumerated() where text.isEmpty || text.utf8.count > longest {
      reader.add(
        Faults([
          Fault(
            pointer: "\(reader.pointer(to: name))/\(index)",
            detail: "has \(text.utf8.count) bytes; from 1 to \(longest)")
        ]))
    }
    return texts.map { NamePattern($0) }
  }
}
