/// An upload that comes piece by piece, as it is stored, without its bytes.
public struct UploadRecord: Hashable, Sendable {
  public let id: UploadID
  /// How many bytes it is to have.
  public let length: Int
  /// `Upload-Metadata` of the tus protocol, as it came.
  public let metadata: String
  /// What all of it must have, in hexadecimal, where that was announced.
  public let sha256: String?
  /// `Upload-Concat` of the tus protocol: whether it is a part of another, or was put together of parts; `nil` for neither.
  public let concat: String?
  public let createdAt: Int
  /// When something last came.
  public let touchedAt: Int

  public init(
    id: UploadID = .make(), length: Int, metadata: String = "", sha256: String? = nil,
    concat: String? = nil, createdAt: Int? = nil, touchedAt: Int? = nil
  ) {
    let now = Store.now()
    self.id = id
    self.length = length
    self.metadata = metadata
    self.sha256 = sha256
    self.concat = concat
    self.createdAt = createdAt ?? now
    self.touchedAt = touchedAt ?? now
  }

  public static let partial = "partial"

  /// Whether it is a part of an upload that is to be put together.
  public var isPartial: Bool { concat == Self.partial }
  /// Whether it was put together of parts.
  public var isFinal: Bool { concat.map { $0 != Self.partial } ?? false }
}
