/// The comment that documents a declaration in Swift source.
struct DocComment {
  /// The lines without their slashes.
  let lines: [String]

  /// The comment of what is declared at a line, or else of the type around it.
  ///
  /// - Parameters:
  ///   - source: the file's lines.
  ///   - line: counted from 1.
  ///   - own: whether only a comment directly above the line counts.
  init?(in source: [Substring], line: Int, own: Bool) {
    var end = min(max(line - 1, 0), source.count)
    if !own {
      guard
        let type = source[..<end].lastIndex(where: { text in
          !text.hasPrefix(" ") && DocComment.keywords.contains { text.contains($0) }
        })
      else { return nil }
      end = type
    }
    var start = end
    while start > 0, DocComment.text(of: source[start - 1]) != nil { start -= 1 }
    guard start < end else { return nil }
    lines = source[start..<end].compactMap(DocComment.text)
  }

  private static let keywords = ["struct ", "enum ", "class ", "extension "]

  /// A line of a comment without its slashes; `nil` for any other line.
  private static func text(of line: Substring) -> String? {
    let trimmed = line.drop { $0 == " " }
    guard trimmed.hasPrefix("///") else { return nil }
    let text = trimmed.dropFirst(3)
    return String(text.first == " " ? text.dropFirst() : text)
  }
}
