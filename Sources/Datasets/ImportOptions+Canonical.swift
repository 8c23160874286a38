import JSON

extension ImportOptions {
  /// Options as a description has them, in one line.
  ///
  /// - Throws: `Faults` for options that no import has.
  public init(canonical text: String) throws(Faults) {
    try self.init(query: Self.query(text))
  }

  /// `name=value&name=value` as parameters; a `&` within a value begins no name that an option has.
  private static func query(_ canonical: String) -> [String: String] {
    var query: [String: String] = [:]
    var last: String?
    for part in canonical.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2, fields.contains(where: { $0.name == pair[0] }) {
        last = String(pair[0])
        query[String(pair[0])] = String(pair[1])
      } else if let last, let value = query[last] {
        query[last] = "\(value)&\(part)"
      }
    }
    return query
  }
}
