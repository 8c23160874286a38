import JSON
import Tensors

/// What a model says of the graph whose vertices its examples are: `"graph": true`, or an object.
public struct GraphInputSpec: Hashable, Sendable {
  /// Numbers each edge has; 0 for none.
  public let edgeFeatures: Int

  public init(edgeFeatures: Int = 0) { self.edgeFeatures = edgeFeatures }

  /// Reads the member `graph` of an input; `nil` when it has none.
  init?(_ input: inout ObjectReader, element: ElementType) {
    guard let value = input.value("graph"), value != .bool(false) else { return nil }
    var width: Int?
    if value != .bool(true) {
      guard case .object = value, var reader = input.reader("graph") else {
        input.fault("graph", "expected true, or an object such as { \"edge_features\": 3 }")
        return nil
      }
      width = reader.integer("edge_features", in: 0...LayerLimits.edgeFeatures)
      input.add(reader.finish())
    }
    if element == .int32 {
      input.fault("graph", "contradicts \"dtype\": \"int32\"; the features of vertices are numbers")
    }
    edgeFeatures = width ?? 0
  }

  var json: JSON { ["edge_features": .integer(edgeFeatures)] }
}
