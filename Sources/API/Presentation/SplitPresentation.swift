import Datasets
import JSON
import Runs
import Store

/// Splits as the API shows them.
enum SplitPresentation {
  static func json(_ split: SplitRecord, _ service: Service) throws -> JSON {
    let recipe = try JSON(parsing: split.recipe)
    let counts = try JSON(parsing: split.counts).array ?? []
    var object = JSONObject([
      ("id", .string(split.id.rawValue)), ("name", split.name.map(JSON.string) ?? .null),
      ("dataset", .string(split.dataset.rawValue)),
    ])
    for (name, value) in recipe.object?.members ?? [] where name != "indices" {
      object[name] = value
    }
    let parts = counts.dropLast()
    if recipe["folds"] == nil {
      object["counts"] = .object(
        JSONObject(zip(["train", "validation", "test"], parts).map { $0 }))
    } else {
      object["counts"] = ["folds": .array(Array(parts))]
    }
    object["left_out"] = counts.last ?? 0
    object["created_at"] = .string(Timestamp.text(split.createdAt))
    object["links"] = [
      "self": .string("/v1/splits/\(split.id)"), "parts": .string("/v1/splits/\(split.id)/parts"),
      "dataset": .string("/v1/datasets/\(split.dataset)"),
    ]
    return .object(object)
  }
}
