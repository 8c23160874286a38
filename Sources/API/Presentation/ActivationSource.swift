import JSON
import Store

/// What is measured of one layer's output at one step.
struct ActivationPoint: Sendable {
  let step: Int
  let members: JSONObject

  init(_ stored: StoredActivation) throws {
    step = stored.step
    members = try JSON(parsing: stored.data).object ?? JSONObject()
  }

  subscript(_ column: (name: String, inside: String?)) -> JSON {
    let outer = column.inside.map { members[$0]?.object ?? JSONObject() } ?? members
    return outer[column.name] ?? .null
  }

  /// Beside layer and step, by the member that holds them where they aren't at the top.
  static let columns: [(name: String, inside: String?)] = [
    ("mean", nil), ("standard_deviation", nil), ("min", nil), ("max", nil),
    ("saturated_fraction", nil), ("dead_fraction", nil), ("effective_rank", nil),
    ("nonfinite", nil), ("l2", "gradient"), ("max_abs", "gradient"), ("mean", "gradient"),
    ("nonfinite", "gradient"),
  ]
  static let columnNames = columns.map { name, inside in inside.map { "\($0)_\(name)" } ?? name }
}

/// What is measured of layers' outputs, a page at a time, so that memory doesn't grow with them.
struct ActivationSource: Sendable {
  private static let page = 1_000

  let store: Store
  let run: RunRecord
  let range: StepRange
  let layers: [String]

  func forEachPage(
    _ layer: String, _ body: ([ActivationPoint]) async throws -> Void
  ) async throws {
    try await range.forEachPage(step: \.step) { after in
      try await store.history.activations(
        run.id, layer: layer, after: after, through: range.through, limit: Self.page)
    } _: {
      try await body($0.map(ActivationPoint.init))
    }
  }

  /// For each layer at most as many points as were asked for; those of the extreme spreads stay.
  func thinned() async throws -> [(layer: String, points: [ActivationPoint])] {
    let limit = try range.points(ofEach: layers.count, "layers")
    var all: [(layer: String, points: [ActivationPoint])] = []
    for layer in layers {
      var sampler = Downsampler<ActivationPoint>(
        limit: limit, steps: range.steps(upTo: run.progress.step), step: { $0.step },
        size: { $0.members["standard_deviation"]?.double ?? .nan })
      try await forEachPage(layer) { page in
        for point in page { sampler.add(point) }
      }
      all.append((layer, sampler.points))
    }
    return all
  }
}
