import JSON
import Runs
import Store

/// Files of weights as the API shows them.
enum WeightsPresentation {
  /// - Parameter isWhole: whether every tensor is told; a list only counts them.
  static func json(_ record: WeightsRecord, isWhole: Bool) throws -> JSON {
    let tensors = try JSON(parsing: record.description)["tensors"]?.array ?? []
    var object = JSONObject([
      ("id", .string(record.id.rawValue)), ("name", .string(record.name)),
      ("format", .string(record.format)), ("tensor_count", .integer(tensors.count)),
    ])
    if isWhole { object["tensors"] = .array(tensors) }
    object["size_bytes"] = .integer(record.sizeBytes)
    object["sha256"] = .string(record.sha256)
    object["created_at"] = .string(Timestamp.text(record.createdAt))
    return .object(object)
  }
}
