import Digests
import JSON

/// What an archive holds, as its first member `manifest.json` says.
///
/// ```
/// manifest.json                    this list
/// run.sqlite                       a database of the server's own schema with the rows of one run
/// datasets/<content>/content…      each dataset as it was uploaded; its parts as content-<part>
/// ```
struct ArchiveManifest: Hashable, Sendable {
  /// Of the archive's form.
  static let format = 1
  static let name = "manifest.json"
  static let database = "run.sqlite"
  /// Bytes that it may have.
  static let longest = 1 << 20
  /// Files that it may list: each of three datasets has a few parts.
  static let mostFiles = 1_000

  let run: RunID
  /// The program that made it.
  let server: String
  /// The newest migration of its database.
  let schema: Int
  let files: [ListedFile]

  var json: JSON {
    [
      "format": .integer(Self.format), "server": .string(server), "schema": .integer(schema),
      "run": .string(run.rawValue), "files": .array(files.map(\.json)),
    ]
  }

  init(run: RunID, server: String, schema: Int, files: [ListedFile]) {
    self.run = run
    self.server = server
    self.schema = schema
    self.files = files
  }

  /// Reads back what `json` wrote.
  ///
  /// - Throws: `ArchiveError` for another format, and for names that could lead anywhere.
  init(_ json: JSON) throws(ArchiveError) {
    guard let format = json["format"]?.integer else {
      throw ArchiveError("its \(Self.name) says no format")
    }
    guard format == Self.format else {
      throw ArchiveError(
        "it has format \(format), and this version knows \(Self.format); use the version that made it"
      )
    }
    guard let run = json["run"]?.string.flatMap({ RunID($0) }),
      let server = json["server"]?.string, let schema = json["schema"]?.integer,
      let files = json["files"]?.array, files.count <= Self.mostFiles
    else {
      throw ArchiveError(
        "its \(Self.name) must have run, server, schema, and at most \(Self.mostFiles) files")
    }
    self.init(run: run, server: server, schema: schema, files: files.map { ListedFile($0) })
    var seen: Set<String> = []
    for file in self.files {
      guard file.path == Self.database || Self.dataset(file.path) != nil, file.sizeBytes >= 0,
        Digest(hexadecimal: file.sha256) != nil
      else {
        throw ArchiveError(
          "its \(Self.name) lists \"\(file.path.prefix(200))\", which is no file of an archive")
      }
      guard seen.insert(file.path).inserted else {
        throw ArchiveError("its \(Self.name) lists \(file.path) twice")
      }
    }
    guard seen.contains(Self.database) else {
      throw ArchiveError("its \(Self.name) lists no \(Self.database)")
    }
  }

  /// The folder and the name of a dataset's file; `nil` for any other path.
  static func dataset(_ path: String) -> (content: String, name: String)? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, parts[0] == "datasets", StoredDataset.isContent(parts[1]),
      StoredDataset.isUpload(parts[2]), parts[2].utf8.count <= 80,
      parts[2].utf8.allSatisfy(StoredDataset.isPlain)
    else { return nil }
    return (parts[1], parts[2])
  }
}
