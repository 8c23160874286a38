import JSON
import Runs
import Store

/// Uploads that come piece by piece, as the API shows them.
enum UploadPresentation {
  /// - Parameter offset: how many bytes have come.
  static func json(_ upload: UploadRecord, offset: Int, _ service: Service) -> JSON {
    let pairs = TusProtocol.pairs(upload.metadata) ?? []
    return [
      "id": .string(upload.id.rawValue), "length": .integer(upload.length),
      "offset": .integer(offset), "is_whole": .bool(offset == upload.length),
      "is_partial": .bool(upload.isPartial),
      "metadata": .object(JSONObject(pairs.map { ($0.name, .string($0.value)) })),
      "created_at": .string(Timestamp.text(upload.createdAt)),
      "expires_at": service.runs.housekeeping.expiry(of: upload).map { .string(Timestamp.text($0)) }
        ?? .null,
    ]
  }
}
