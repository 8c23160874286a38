import Foundation
import Tensors

/// Decodes a graph: the features of its vertices, its edges, what is to be predicted, and the split.
///
/// The parts are `features`, `edges` and `targets`, and as one likes the masks, `edge_features` and `graphs`; or
/// `content` and `cites`. A graph is held in memory while it is imported, as it is while it is trained on.
struct GraphImport {
  let options: ImportOptions
  let limits: ImportLimits
  let directory: URL

  func run(parts given: [DatasetImporter.Part]) throws(DatasetError) -> DecodedParts {
    try checkOptions()
    var parts: [String: GraphPart] = [:]
    for part in given {
      guard let name = part.name, GraphPart.names.contains(name) else {
        throw DatasetError(
          .option,
          "a graph comes as multipart/form-data with the parts features, edges and targets, or content "
            + "and cites; "
            + (part.name.map { "\"\($0.prefix(80))\" is none" } ?? "this is one body"))
      }
      parts[name] = try GraphPart(name, part.file, limits: limits)
    }
    if let content = parts["content"] { return try planetoid(content, parts) }
    guard let edges = parts["edges"], let targets = parts["targets"] else {
      let missing = ["edges", "targets"].filter { parts[$0] == nil }
      throw DatasetError(
        .option,
        "the part\(missing.count == 1 ? "" : "s") \(missing.joined(separator: " and ")) of the graph "
          + "\(missing.count == 1 ? "is" : "are") missing; send edges and targets, and features if there are any; or "
          + "content and cites")
    }
    if let cites = parts["cites"] {
      throw cites.refusal(.option, "goes with the part content alone")
    }
    let given = try parts["features"].map { (part) throws(DatasetError) in try features(part) }
    let found = try GraphEdges(
      edges, features: parts["edge_features"], vertices: given?.vertices ?? limits.graphVertices,
      isDirected: options.isDirected ?? false, limits: limits)
    // Without features each vertex is known by itself alone (Kipf and Welling 2017, arXiv:1609.02907, 6.2).
    let last = max(found.sources.max() ?? 0, found.targets.max() ?? 0)
    let vertices: VertexFeatures
    if let given { vertices = given } else { vertices = try identity(Int(last) + 1, edges) }
    let graphs = try parts["graphs"].map { (part) throws(DatasetError) in
      try self.graphs(part, vertices: vertices.vertices)
    }
    if let graphs, let graphsPart = parts["graphs"] {
      try checkWithin(found, graphs, graphsPart)
    }
    let count = graphs.map { Int(($0.max() ?? 0) + 1) }
    let labels = try GraphTargets(
      targets, parts: parts, examples: count ?? vertices.vertices,
      what: count == nil ? "vertices" : "graphs", options: options, limits: limits,
      to: directory.appendingPathComponent(Dataset.FileName.targets))
    return try write(vertices, found, labels, ofVertices: graphs ?? [], graphs: count, unknown: 0)
  }

  private func planetoid(
    _ content: GraphPart, _ parts: [String: GraphPart]
  ) throws(DatasetError) -> DecodedParts {
    guard let cites = parts["cites"] else {
      throw content.refusal(.option, "the part cites, with the edges, is missing")
    }
    if let other = ["features", "edges", "targets", "graphs", "edge_features"].first(where: {
      parts[$0] != nil
    }) {
      throw content.refusal(.option, "says what the part \(other) says too; send one of the two")
    }
    let text = try Planetoid(content: content, limits: limits)
    var features = text.features
    try settle(&features, content)
    let (edges, unknown) = try text.edges(
      cites: cites, isDirected: options.isDirected ?? false, limits: limits)
    let target = try text.labels.write(
      to: directory.appendingPathComponent(Dataset.FileName.targets), part: content,
      options: options, limits: limits)
    let masks =
      try GraphMasks(parts, examples: features.vertices, what: "vertices")
      ?? GraphMasks(examples: features.vertices)
    return try write(
      features, edges, GraphTargets(target: target, masks: masks), ofVertices: [], graphs: nil,
      unknown: unknown)
  }

  private func features(_ part: GraphPart) throws(DatasetError) -> VertexFeatures {
    var features = try VertexFeatures(part, options: options, limits: limits)
    guard features.vertices <= limits.graphVertices else {
      throw part.refusal(
        .limitExceeded, "\(features.vertices) vertices; at most \(limits.graphVertices)")
    }
    try settle(&features, part)
    return features
  }

  private func identity(
    _ vertices: Int, _ edges: GraphPart
  ) throws(DatasetError) -> VertexFeatures {
    guard vertices <= limits.graphFeatures else {
      throw edges.refusal(
        .limitExceeded,
        "\(vertices) vertices are too many to be features of their own; send the part features")
    }
    let all = (0..<Int32(vertices)).map { $0 }
    return VertexFeatures(
      vertices: vertices, width: vertices,
      elements: .sparse(
        rows: all, columns: all, values: [Float](repeating: 1, count: vertices)))
  }

  private func settle(
    _ features: inout VertexFeatures, _ part: GraphPart
  ) throws(DatasetError) {
    try features.settle(sparse: options.isSparse, part: part, limits: limits)
    if options.normalizesRows == true { features.normalizeRows() }
  }

  /// The graph of each vertex.
  private func graphs(_ part: GraphPart, vertices: Int) throws(DatasetError) -> [Int32] {
    guard part.kind == .array else {
      throw part.refusal(.unsupported, "is no npy array; send the graph of each vertex, from 0 on")
    }
    let (shape, _, numbers) = try part.numbers(atMost: limits.graphVertices)
    guard shape == [vertices] else {
      throw part.refusal(
        .malformed, "has shape \(Shape(shape)), and there are \(vertices) vertices")
    }
    var graphs: [Int32] = []
    var has = [Bool](repeating: false, count: vertices)
    for (vertex, number) in numbers.enumerated() {
      guard number >= 0, number < Double(vertices), number.rounded() == number else {
        throw part.refusal(
          .malformed, "\(number) is no graph; they are whole numbers from 0 on", row: vertex + 1)
      }
      graphs.append(Int32(number))
      has[Int(number)] = true
    }
    let count = Int((graphs.max() ?? 0) + 1)
    if let empty = has[..<count].firstIndex(of: false) {
      throw part.refusal(.malformed, "graph \(empty) has no vertex; number the graphs from 0 on")
    }
    return graphs
  }

  private func checkWithin(
    _ edges: GraphEdges, _ graphs: [Int32], _ part: GraphPart
  ) throws(DatasetError) {
    for edge in edges.sources.indices {
      let (source, target) = (Int(edges.sources[edge]), Int(edges.targets[edge]))
      guard graphs[source] == graphs[target] else {
        throw part.refusal(
          .malformed,
          "the edge from vertex \(source) to \(target) goes from graph \(graphs[source]) to "
            + "\(graphs[target]); an edge stays in its graph")
      }
    }
  }

  private func write(
    _ features: VertexFeatures, _ edges: GraphEdges, _ targets: GraphTargets, ofVertices: [Int32],
    graphs: Int?, unknown: Int
  ) throws(DatasetError) -> DecodedParts {
    let inputs = try OutputFile(directory.appendingPathComponent(Dataset.FileName.inputs))
    var stored: Int?
    switch features.elements {
    case .dense(let numbers): try inputs.append(numbers)
    case .sparse(_, _, let values): stored = values.count
    }
    try inputs.finish()
    try GraphFile.write(
      to: directory.appendingPathComponent(GraphFile.name), edges: edges, ofVertices: ofVertices,
      masks: targets.masks, features: features)
    return DecodedParts(
      examples: graphs ?? features.vertices,
      input: .init(
        shape: [features.width], stored: .float32, scalings: [], statistics: features.statistics),
      target: targets.target, columns: [],
      graph: GraphDescription(
        vertices: features.vertices, edges: edges, isDirected: options.isDirected ?? false,
        unknownEdges: unknown, graphs: graphs, storedFeatures: stored, masks: targets.masks))
  }

  private func checkOptions() throws(DatasetError) {
    let others: [(String, Bool)] = [
      ("features", !options.features.isEmpty), ("targets", !options.targets.isEmpty),
      ("ignore", !options.ignore.isEmpty), ("categorical", !options.categorical.isEmpty),
      ("header", options.header != nil), ("delimiter", options.delimiter != nil),
      ("missing", options.missing != .refuse), ("NAME:VALUE", !options.ofArrays.isEmpty),
      ("target_kind=sequence", options.targetKind == .sequence),
      ("scale", options.scale != nil && options.scale != ScalingMethod.none),
    ]
    if let (name, _) = others.first(where: \.1) {
      throw DatasetError(
        .option,
        "\(name) isn't for graphs; leave it out"
          + (name == "scale" ? ", or say normalize_rows=true" : ""))
    }
  }
}
