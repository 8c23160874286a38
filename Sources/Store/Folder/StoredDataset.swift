import Digests
import Foundation
import SQLite

/// Looks whether a dataset can be read from its folder; what it throws says what is wrong.
public typealias DatasetReading = @Sendable (URL) throws -> Void

/// A dataset's row, as far as it says something about files.
struct StoredDataset: Sendable {
  let id: String
  let content: String
  let sizeBytes: Int
  let sha256: String

  /// One row for each folder that a database names.
  ///
  /// - Throws: `StoreError.corrupt` for a folder's name that leads elsewhere.
  static func all(_ connection: SQLiteConnection) throws -> [StoredDataset] {
    let rows = try connection.query(
      "SELECT min(id), content, size_bytes, sha256 FROM dataset GROUP BY content ORDER BY 1"
    ) { row in
      StoredDataset(
        id: row.text(0), content: row.text(1), sizeBytes: row.integer(2), sha256: row.text(3))
    }
    for row in rows where !isContent(row.content) {
      throw StoreError(
        .corrupt, "dataset \(row.id) names the folder \"\(row.content)\", which is no digest")
    }
    return rows
  }

  /// Whether a text can be the name of a dataset's folder.
  static func isContent(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 128 && name.utf8.allSatisfy(isPlain)
  }

  /// Whether a file of a dataset's folder is what was uploaded, or a part of that.
  static func isUpload(_ name: String) -> Bool {
    name == "content" || name.hasPrefix("content-")
  }

  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Reads every file of the dataset, and says what is wrong with them.
  ///
  /// The upload is `content`, or the files `content-<part>` in the order of their names: together they have the
  /// size and the digest that the row names.
  ///
  /// - Returns: the files as they are, and each fault in words.
  func examine(
    in folder: DataFolder, reading: DatasetReading
  ) -> (files: [ListedFile], faults: [String]) {
    let place = folder.files(of: content)
    var files: [ListedFile] = []
    var faults: [String] = []
    let whole = SHA256()
    var size = 0
    var hasContent = false
    for name in Disk.names(in: place) {
      let isContent = Self.isUpload(name)
      let own = SHA256()
      var ownSize = 0
      do throws(StoreError) {
        try Disk.read(place.appending(path: name)) { bytes in
          own.update(bytes)
          ownSize += bytes.count
          if isContent { whole.update(bytes) }
        }
      } catch {
        faults.append("\(error)")
        continue
      }
      if isContent { (hasContent, size) = (true, size + ownSize) }
      files.append(
        ListedFile(
          path: "datasets/\(content)/\(name)", sizeBytes: ownSize,
          sha256: own.digest().hexadecimal))
    }
    guard hasContent else {
      return (files, faults + ["datasets/\(content) lacks the upload, \(sizeBytes) bytes"])
    }
    if size != sizeBytes {
      faults.append("the upload in datasets/\(content) has \(size) bytes, not \(sizeBytes)")
    } else if whole.digest().hexadecimal != sha256 {
      faults.append("the upload in datasets/\(content) hasn't the SHA-256 \(sha256)")
    }
    do {
      try reading(place)
    } catch {
      faults.append("\(error)")
    }
    return (files, faults)
  }
}
