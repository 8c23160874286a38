/// A dataset as it is stored; its bytes are files.
public struct DatasetRecord: Hashable, Sendable {
  public let id: DatasetID
  public let name: String
  public let format: String
  /// The folder below `datasets/` that holds its files; several datasets may share one.
  public let content: String
  /// What the importer found, as JSON.
  public let description: String
  public let sizeBytes: Int
  public let sha256: String
  public let createdAt: Int

  public init(
    id: DatasetID = .make(), name: String, format: String, content: String, description: String,
    sizeBytes: Int, sha256: String, createdAt: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.format = format
    self.content = content
    self.description = description
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
    self.createdAt = createdAt ?? Store.now()
  }
}

/// A model as it is stored.
public struct ModelRecord: Hashable, Sendable {
  public let id: ModelID
  public let name: String?
  /// The spec with every default written out, as JSON.
  public let spec: String
  public let createdAt: Int

  public init(id: ModelID = .make(), name: String?, spec: String, createdAt: Int? = nil) {
    self.id = id
    self.name = name
    self.spec = spec
    self.createdAt = createdAt ?? Store.now()
  }
}
