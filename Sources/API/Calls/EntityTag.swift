import Compression
import Digests
import HTTP

/// Names of representations (RFC 9110, section 8.8.3).
enum EntityTag {
  /// A strong tag of bytes.
  static func of(_ bytes: [UInt8]) -> String {
    "\"\(SHA256.digest(of: bytes).hexadecimal.prefix(32))\""
  }

  /// The tag of the same content in a coding.
  static func coded(_ tag: String, _ coding: ContentCoding) -> String {
    "\(tag.dropLast())-\(coding.rawValue)\""
  }

  /// The tag of a list that names this content, in whatever coding; `*` names any.
  static func match(_ tag: String, in list: String) -> String? {
    let own = [tag] + ContentCoding.allCases.map { coded(tag, $0) }
    for part in list.split(separator: ",") {
      let candidate = part.trimmingSpaces()
      if candidate == "*" { return tag }
      let strong = candidate.hasPrefix("W/") ? candidate.dropFirst(2) : candidate
      if let found = own.first(where: { $0 == strong }) { return found }
    }
    return nil
  }
}

extension Call {
  /// The tag of this content that the client says it has (`If-None-Match`, RFC 9110, section 13.1.2).
  func known(_ tag: String) -> String? {
    header("If-None-Match").flatMap { EntityTag.match(tag, in: $0) }
  }

  /// Looks whether a thing is still what the client thinks it is (`If-Match`, RFC 9110, section 13.1.1).
  ///
  /// - Throws: 412 when it isn't.
  func check(_ tag: @autoclosure () throws -> String) throws {
    guard let list = header("If-Match") else { return }
    let tag = try tag()
    // A weak tag never matches here.
    let strong = list.split(separator: ",").filter { !$0.trimmingSpaces().hasPrefix("W/") }
    guard EntityTag.match(tag, in: strong.joined(separator: ",")) != nil else {
      throw Problem(.preconditionFailed, "it changed since; its ETag is \(tag) now")
    }
  }
}
