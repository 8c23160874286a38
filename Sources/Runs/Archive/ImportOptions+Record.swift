import Datasets
import JSON
import Store

extension ImportOptions {
  /// The options that a dataset was imported with, as its description has them.
  ///
  /// - Throws: `ArchiveError` for a description that can't be read, and for options that no import has.
  init(of record: DatasetRecord) throws(ArchiveError) {
    do {
      let text = try DatasetDescription(JSON(parsing: record.description)).options
      try self.init(query: Self.query(text))
      guard canonical == text else { throw ArchiveError("\"\(text.prefix(200))\" says two things") }
    } catch {
      throw ArchiveError("the options of dataset \(record.id) can't be read: \(error)")
    }
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
