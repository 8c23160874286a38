import JSON

/// A file as a list beside it says that it is.
struct ListedFile: Hashable, Sendable {
  /// From the folder of the list.
  let path: String
  let sizeBytes: Int
  let sha256: String

  init(path: String, sizeBytes: Int, sha256: String) {
    self.path = path
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
  }

  /// What a member is missing of is empty or 0, which no file has.
  init(_ json: JSON) {
    path = json["path"]?.string ?? ""
    sizeBytes = json["size_bytes"]?.integer ?? 0
    sha256 = json["sha256"]?.string ?? ""
  }

  var json: JSON {
    [
      "path": .string(path), "size_bytes": .integer(sizeBytes), "sha256": .string(sha256),
    ]
  }
}
