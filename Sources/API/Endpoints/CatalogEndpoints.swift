import HTTP
import JSON
import NeuralNetworks
import Optimizers

/// What a spec may name, with defaults, formulas and sources.
enum CatalogEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/catalog", operationID: "getCatalog", tag: .catalog,
      summary: "Every layer, activation, loss, optimizer, schedule, initializer and metric",
      headers: [.ifNoneMatch],
      answers: [
        .json(200, "All of it.", .reference("Catalog"), headers: [Answer.etag]), .notModified,
      ]
    ) { _, call in
      try call.immutable(CatalogEndpoints.bytes, mediaType: MediaType.json)
    }
  ]

  /// Made once; it's the same for the life of the program.
  private static let bytes: [UInt8] = json.encoded()

  static var json: JSON {
    var object = JSONObject()
    for (name, entries) in NeuralNetworkCatalog.members + OptimizerCatalog.members {
      object[name] = .array(entries.map(\.json))
    }
    object["metrics"] = .array(metrics.map(\.json))
    return .object(object)
  }

  private static let metrics = [
    CatalogEntry(
      type: "accuracy", summary: "The share of examples whose most likely class is the right one.",
      formula: "mean(argmax(outputs) = class)", source: "As sklearn.metrics.accuracy_score.")
  ]
}
