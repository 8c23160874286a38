/// A file of weights that a client brought, as it is stored, without its bytes.
public struct WeightsRecord: Hashable, Sendable {
  public let id: WeightsID
  public let name: String
  /// `safetensors` or `npz`.
  public let format: String
  /// Of each tensor its name, type and shape, as JSON.
  public let description: String
  public let sizeBytes: Int
  public let sha256: String
  public let createdAt: Int

  public init(
    id: WeightsID = .make(), name: String, format: String, description: String, sizeBytes: Int,
    sha256: String, createdAt: Int? = nil
  ) {
    self.id = id
    self.name = name
    self.format = format
    self.description = description
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
    self.createdAt = createdAt ?? Store.now()
  }
}
