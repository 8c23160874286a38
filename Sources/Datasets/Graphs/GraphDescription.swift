import JSON

/// What is known of a dataset's graph but its numbers.
public struct GraphDescription: Hashable, Sendable {
  public let vertices: Int
  /// Each direction counts.
  public let edges: Int
  public let isDirected: Bool
  /// Edges that were given again, and count once.
  public let duplicateEdges: Int
  /// Edges from a vertex to itself.
  public let selfLoops: Int
  /// Lines of edges that named a vertex that isn't there, and were passed over.
  public let unknownEdges: Int
  /// Numbers each edge has.
  public let edgeFeatures: Int
  /// How many graphs the vertices make, when targets are of graphs; `nil` when they are of vertices.
  public let graphs: Int?
  /// Elements of the vertices' features that are stored; `nil` for all.
  public let storedFeatures: Int?
  /// How many examples are for what.
  public let training: Int
  public let validation: Int
  public let test: Int

  var json: JSON {
    var object = JSONObject([
      ("vertices", .integer(vertices)), ("edges", .integer(edges)),
      ("directed", .bool(isDirected)), ("duplicate_edges", .integer(duplicateEdges)),
      ("self_loops", .integer(selfLoops)), ("unknown_edges", .integer(unknownEdges)),
      ("edge_features", .integer(edgeFeatures)),
    ])
    if let graphs { object["graphs"] = .integer(graphs) }
    if let storedFeatures { object["stored_features"] = .integer(storedFeatures) }
    object["train"] = .integer(training)
    object["validation"] = .integer(validation)
    object["test"] = .integer(test)
    return .object(object)
  }

  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    func count(_ name: String, from least: Int = 0) -> Int {
      reader.integer(name, in: least...Int(Int32.max)) ?? least
    }
    vertices = count("vertices", from: 1)
    edges = count("edges", from: 1)
    isDirected = reader.bool("directed") ?? false
    duplicateEdges = count("duplicate_edges")
    selfLoops = count("self_loops")
    unknownEdges = count("unknown_edges")
    edgeFeatures = count("edge_features")
    graphs = reader.has("graphs") ? count("graphs", from: 1) : nil
    storedFeatures = reader.has("stored_features") ? count("stored_features", from: 1) : nil
    training = count("train")
    validation = count("validation")
    test = count("test")
    try reader.finish().check()
  }

  init(
    vertices: Int, edges: GraphEdges, isDirected: Bool, unknownEdges: Int, graphs: Int?,
    storedFeatures: Int?, masks: GraphMasks
  ) {
    self.vertices = vertices
    self.edges = edges.sources.count
    self.isDirected = isDirected
    duplicateEdges = edges.duplicates
    selfLoops = edges.loops
    self.unknownEdges = unknownEdges
    edgeFeatures = edges.width
    self.graphs = graphs
    self.storedFeatures = storedFeatures
    training = masks.count(.training)
    validation = masks.count(.validation)
    test = masks.count(.test)
  }
}
