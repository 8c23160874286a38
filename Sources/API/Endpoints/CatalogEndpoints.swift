import Datasets
import HTTP
import JSON
import NeuralNetworks
import Optimizers
import Training

/// What a spec may name, with defaults, formulas and sources.
enum CatalogEndpoints {
  static let all: [Endpoint] = [
    Endpoint(
      method: .get, path: "/v1/catalog", operationID: "getCatalog", tag: .catalog,
      summary: "Every layer, activation, loss, optimizer, schedule, initializer and metric",
      headers: [.ifNoneMatch],
      answers: [
        .json(200, "All of it.", .reference("Catalog"), headers: [Answer.etag]), .notModified,
      ],
      audience: .everyone
    ) { _, call in
      call.tagged(CatalogEndpoints.bytes, mediaType: MediaType.json)
    }
  ]

  /// Made once; it's the same for the life of the program.
  private static let bytes: [UInt8] = json.encoded()

  static var json: JSON {
    // Balances are members of a loss, and have no page of their own.
    let balances = ("balances", JSON.array(LossBalance.entries.map(\.json)))
    return .object(
      JSONObject(members.map { ($0.name, .array($0.entries.map(\.json))) } + [balances]))
  }

  /// All catalogs, each with the name of its member.
  static var members: [(name: String, entries: [CatalogEntry])] {
    NeuralNetworkCatalog.members + OptimizerCatalog.members + SamplingCatalog.members
      + AugmentationCatalog.members + SplitCatalog.members + [("metrics", MetricCatalog.entries)]
  }
}
