import Foundation
import JSON

/// What a backup holds, as its `backup.json` says.
public struct BackupManifest: Hashable, Sendable {
  public let id: BackupID
  public let createdAt: Int
  /// How many rows there are of each.
  public let datasets: Int
  public let runs: Int
  /// The database and every file together.
  public let bytes: Int
  /// The datasets' files. The database isn't among them: it changes when the backup is used as a data folder.
  let files: [ListedFile]
}

extension BackupManifest {
  var json: JSON {
    [
      "id": .string(id.rawValue), "created_at": .integer(createdAt),
      "datasets": .integer(datasets), "runs": .integer(runs), "bytes": .integer(bytes),
      "files": .array(files.map(\.json)),
    ]
  }

  /// Reads back what `json` wrote.
  ///
  /// - Throws: `Faults` for anything that `json` wouldn't have written.
  init(_ json: JSON) throws(Faults) {
    var reader = ObjectReader(json)
    let id = reader.string("id").flatMap { BackupID($0) }
    if id == nil { reader.fault("id", "must be bak_ and a ULID") }
    self.id = id ?? .make()
    createdAt = reader.integer("created_at", in: 0...Int.max) ?? 0
    datasets = reader.integer("datasets", in: 0...Int.max) ?? 0
    runs = reader.integer("runs", in: 0...Int.max) ?? 0
    bytes = reader.integer("bytes", in: 0...Int.max) ?? 0
    files = (reader.array("files") ?? []).map { ListedFile($0) }
    try reader.finish().check()
  }

  /// What a folder's `backup.json` says; `nil` when it has none.
  ///
  /// - Throws: `StoreError.corrupt` for one that can't be read.
  init?(of folder: DataFolder) throws(StoreError) {
    guard Disk.exists(folder.manifest) else { return nil }
    do {
      try self.init(JSON(parsing: [UInt8](Data(contentsOf: folder.manifest))))
    } catch {
      throw StoreError(
        .corrupt, "\(folder.manifest.path(percentEncoded: false)) is no list of a backup: \(error)")
    }
  }

  /// Whether the files that were found are those of this list; what is wrong, in words.
  ///
  /// A dataset that is no longer named was deleted since, which is no fault.
  func faults(among found: [ListedFile], of content: String) -> [String] {
    let known = Dictionary(found.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    return files.filter { $0.path.hasPrefix("datasets/\(content)/") }.compactMap { file in
      guard let other = known[file.path] else { return "\(file.path) is missing" }
      return other == file ? nil : "\(file.path) isn't as it was when the backup was made"
    }
  }
}
