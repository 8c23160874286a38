import Datasets
import JSON
import Runs
import Store
import Training

/// Datasets as the API shows them.
enum DatasetPresentation {
  static func json(_ record: DatasetRecord) throws -> JSON {
    var object = JSONObject([
      ("id", .string(record.id.rawValue)), ("name", .string(record.name)),
      ("format", .string(record.format)), ("state", "ready"),
    ])
    let description = try JSON(parsing: record.description)
    for (name, value) in description.object?.members ?? [] {
      object[name] = value
    }
    let isEmbedded = object["columns"]?.array?.contains {
      $0["treatment"]?["encoding"] == "embed"
    }
    if isEmbedded == true, var input = object["input"]?.object {
      let categories = try DatasetDescription(description).categories
      input["categories"] = .array(categories.map(\.json))
      object["input"] = .object(input)
    }
    object["size_bytes"] = .integer(record.sizeBytes)
    object["sha256"] = .string(record.sha256)
    object["created_at"] = .string(Timestamp.text(record.createdAt))
    return .object(object)
  }
}
