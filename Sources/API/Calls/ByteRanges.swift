/// The ranges of `Range: bytes=…` (RFC 9110, section 14).
enum ByteRanges {
  /// Ranges of one request; more of them are passed over, as they serve nobody but an attacker.
  static let most = 16

  /// What a header asks for of some content.
  enum Wish: Equatable {
    /// All of it: no ranges, none that can be read, or more than there may be.
    case whole
    /// In the order of the request; those that touch each other are one.
    case parts([Range<Int>])
    /// None of them lies in the content.
    case unsatisfiable
  }

  static func wish(_ header: String, byteCount: Int) -> Wish {
    guard header.lowercased().hasPrefix("bytes=") else { return .whole }
    let specs = header.dropFirst(6).split(separator: ",", omittingEmptySubsequences: false)
    guard specs.count <= most else { return .whole }
    var parts: [Range<Int>] = []
    for spec in specs {
      switch range(spec.trimmingSpaces(), byteCount: byteCount) {
      case .none: return .whole
      case .some(.none): continue
      case .some(.some(let range)): parts.append(range)
      }
    }
    // Ranges that overlap would send some bytes twice.
    return parts.isEmpty ? .unsatisfiable : .parts(joined(parts))
  }

  /// - Returns: `nil` for what is no range, `.some(nil)` for one outside of the content.
  private static func range(_ spec: Substring, byteCount: Int) -> Range<Int>?? {
    let ends = spec.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return .none }
    let (first, last) = (ends[0].trimmingSpaces(), ends[1].trimmingSpaces())
    if first.isEmpty {
      guard let count = number(last) else { return .none }
      return .some(count > 0 && byteCount > 0 ? max(0, byteCount - count)..<byteCount : nil)
    }
    guard let start = number(first) else { return .none }
    var end = byteCount - 1
    if !last.isEmpty {
      guard let asked = number(last), asked >= start else { return .none }
      end = min(end, asked)
    }
    return .some(start < byteCount ? start..<end + 1 : nil)
  }

  /// A number of digits alone; one too large for 63 bits lies beyond any content.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text) ?? .max - 1
  }

  private static func joined(_ parts: [Range<Int>]) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    for part in parts {
      var part = part
      while let place = joined.firstIndex(where: {
        $0.lowerBound <= part.upperBound && part.lowerBound <= $0.upperBound
      }) {
        let other = joined.remove(at: place)
        part = min(part.lowerBound, other.lowerBound)..<max(part.upperBound, other.upperBound)
      }
      joined.append(part)
    }
    return joined
  }
}
