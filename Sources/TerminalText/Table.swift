/// Rows of text in columns as wide as they need to be.
public struct Table: Sendable {
  private let heads: [String]
  private var rows: [[String]] = []

  public init(_ heads: [String]) { self.heads = heads }

  public mutating func add(_ row: [String]) { rows.append(row.map(\.printable)) }

  /// The lines, no longer than `width`: the longest columns give way first. Numbers stand on the right.
  public func text(width: Int = .max) -> String {
    let all = [heads] + rows
    var widths = heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let gaps = 2 * max(0, heads.count - 1)
    while widths.reduce(gaps, +) > width,
      let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > 8
    { widths[widest] -= 1 }
    let isNumeric = heads.indices.map { column in
      !rows.isEmpty
        && rows.allSatisfy { row in
          row[column].isEmpty || row[column].allSatisfy { $0.isNumber || "+-.e%/ ".contains($0) }
        }
    }
    return all.map { row in
      let cells = row.indices.map { column in
        let cell = Self.cut(row[column], widths[column])
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return isNumeric[column] ? padding + cell : cell + padding
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    text.count > width ? text.prefix(max(1, width) - 1) + "…" : text
  }
}

extension String {
  /// The same without what a terminal takes for a command: a name stays a name.
  public var printable: String {
    unicodeScalars.contains { $0.properties.generalCategory == .control }
      ? String(
        String.UnicodeScalarView(
          unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
      : self
  }
}
