import Foundation

struct ArrayImport {
  static let spoolName = "spool.bin"
  let options: ImportOptions
  let limits: ImportLimits
  let directory: URL

  func run(archive: URL) throws(DatasetError) -> DecodedParts {
    throw DatasetError(.unsupported, "later")
  }

  func run(parts: [DatasetImporter.Part]) throws(DatasetError) -> DecodedParts {
    throw DatasetError(.unsupported, "later")
  }
}
