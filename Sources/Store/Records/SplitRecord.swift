/// Which examples of a dataset train, validate and are for the test, as it is stored.
public struct SplitRecord: Hashable, Sendable {
  public let id: SplitID
  public let name: String?
  public let dataset: DatasetID
  /// What makes it of the dataset, as JSON.
  public let recipe: String
  /// How many examples each part has, as a JSON array.
  public let counts: String
  /// Of the file of parts.
  public let sizeBytes: Int
  public let createdAt: Int

  public init(
    id: SplitID = .make(), name: String?, dataset: DatasetID, recipe: String, counts: String,
    sizeBytes: Int, createdAt: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.dataset = dataset
    self.recipe = recipe
    self.counts = counts
    self.sizeBytes = sizeBytes
    self.createdAt = createdAt ?? Store.now()
  }
}
