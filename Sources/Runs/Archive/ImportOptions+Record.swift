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
      try self.init(canonical: text)
      guard canonical == text else { throw ArchiveError("\"\(text.prefix(200))\" says two things") }
    } catch {
      throw ArchiveError("the options of dataset \(record.id) can't be read: \(error)")
    }
  }
}
