import Tensors

/// The edges of a graph, each direction apart, in the order of their targets and then of their sources.
struct GraphEdges {
  private(set) var sources: [Int32] = []
  private(set) var targets: [Int32] = []
  /// `[E, width]`, in the order of the edges.
  private(set) var features: [Float] = []
  private(set) var width = 0
  /// Edges that were given again.
  private(set) var duplicates = 0
  /// Edges from a vertex to itself.
  private(set) var loops = 0

  /// Reads the part `edges`: `[E, 2]` or `[2, E]`, or rows of source, target and features.
  ///
  /// - Parameter features: the part `edge_features`, `[E, F]`.
  init(
    _ part: GraphPart, features given: GraphPart?, vertices: Int, isDirected: Bool,
    limits: ImportLimits
  ) throws(DatasetError) {
    var sources: [Int32] = []
    var targets: [Int32] = []
    var numbers: [Float] = []
    var width = 0
    switch part.kind {
    case .array: (sources, targets) = try GraphEdges.array(part, vertices, limits)
    case .archive:
      throw part.refusal(.unsupported, "is an archive; send one array, or rows of text")
    case .text:
      var count = 0
      try part.forEachRecord { (reader) throws(DatasetError) in
        if sources.isEmpty { count = reader.count }
        guard reader.count == count, count >= 2 else {
          throw part.refusal(
            .malformed,
            "has \(reader.count) fields; an edge has a source, a target and the same "
              + "features as all", row: reader.row)
        }
        sources.append(try part.integer(reader, 0, below: vertices, "vertex of the graph"))
        targets.append(try part.integer(reader, 1, below: vertices, "vertex of the graph"))
        for field in 2..<count {
          numbers.append(try VertexFeatures.number(reader, field, part))
        }
        guard sources.count <= limits.graphEdges,
          sources.count * (count - 2) <= limits.graphElements
        else {
          throw part.refusal(.limitExceeded, "more than \(limits.graphEdges) edges")
        }
      }
      width = count - 2
    }
    if let given {
      guard width == 0 else {
        throw given.refusal(.option, "the part edges has features too; send them once")
      }
      (numbers, width) = try GraphEdges.features(given, edges: sources.count, limits)
    }
    try self.init(
      part, sources, targets, numbers, width: width, vertices: vertices, isDirected: isDirected,
      limits: limits)
  }

  private static func array(
    _ part: GraphPart, _ vertices: Int, _ limits: ImportLimits
  ) throws(DatasetError) -> (sources: [Int32], targets: [Int32]) {
    let (shape, isInteger, numbers) = try part.numbers(atMost: 2 * limits.graphEdges)
    guard isInteger, shape.count == 2, shape[1] == 2 || shape[0] == 2 else {
      throw part.refusal(
        .malformed,
        "has shape \(Shape(shape))\(isInteger ? "" : " of fractions"); edges are integers [edges, 2] or [2, edges]"
      )
    }
    let isPairs = shape[1] == 2
    let count = numbers.count / 2
    var sources: [Int32] = []
    var targets: [Int32] = []
    for edge in 0..<count {
      for column in 0...1 {
        let place = isPairs ? 2 * edge + column : column * count + edge
        let vertex = numbers[place]
        guard vertex >= 0, vertex < Double(vertices) else {
          throw part.refusal(
            .malformed,
            "edge \(edge + 1) has an end at \(Int64(exactly: vertex) ?? .max), and there are \(vertices) vertices, "
              + "from 0 to \(vertices - 1)", row: edge + 1, column: column + 1)
        }
        if column == 0 { sources.append(Int32(vertex)) } else { targets.append(Int32(vertex)) }
      }
    }
    return (sources, targets)
  }

  private static func features(
    _ part: GraphPart, edges: Int, _ limits: ImportLimits
  ) throws(DatasetError) -> (numbers: [Float], width: Int) {
    guard part.kind == .array else {
      throw part.refusal(.unsupported, "is no npy array; send [edges, features]")
    }
    let (shape, _, numbers) = try part.numbers(atMost: limits.graphElements)
    guard (1...2).contains(shape.count), shape[0] == edges else {
      throw part.refusal(
        .malformed,
        "has shape \(Shape(shape)), and there are \(edges) edges; the first axis counts edges")
    }
    let width = shape.count == 2 ? shape[1] : 1
    guard width <= limits.edgeFeatures else {
      throw part.refusal(
        .limitExceeded, "\(width) features an edge; at most \(limits.edgeFeatures)")
    }
    let floats = numbers.map { Float($0) }
    if let place = floats.firstIndex(where: { !$0.isFinite }) {
      throw part.refusal(
        .malformed, "\(numbers[place]) is no finite 32-bit float; correct it",
        row: place / width + 1, column: place % width + 1)
    }
    return (floats, width)
  }

  /// Puts edges in order: the other direction is added unless the graph is directed, and without features an
  /// edge counts once however often it was given.
  init(
    _ part: GraphPart, _ sources: [Int32], _ targets: [Int32], _ numbers: [Float], width: Int,
    vertices: Int, isDirected: Bool, limits: ImportLimits
  ) throws(DatasetError) {
    var from = sources
    var to = targets
    var origins = Array(0..<sources.count)
    if !isDirected {
      for edge in sources.indices where sources[edge] != targets[edge] {
        from.append(targets[edge])
        to.append(sources[edge])
        origins.append(edge)
      }
    }
    // By counting, sources first: both sorts keep the order of equals.
    let bySource = SparseIndex.order(from, count: vertices).map(Int.init)
    let byTarget = SparseIndex.order(bySource.map { to[$0] }, count: vertices).map {
      bySource[Int($0)]
    }
    for edge in byTarget {
      let isAgain =
        self.sources.last == from[edge] && self.targets.last == to[edge]
      if isAgain, width == 0 { continue }
      self.sources.append(from[edge])
      self.targets.append(to[edge])
      if width > 0 {
        features.append(
          contentsOf: numbers[origins[edge] * width..<(origins[edge] + 1) * width])
      }
      if from[edge] == to[edge] { loops += 1 }
    }
    self.width = width
    if width == 0 {
      // A pair's two directions come of one given edge.
      let kept = isDirected ? self.sources.count : (self.sources.count + loops) / 2
      duplicates = sources.count - kept
    }
    guard !self.sources.isEmpty else { throw part.refusal(.empty, "there is no edge") }
    guard self.sources.count <= limits.graphEdges, features.count <= limits.graphElements else {
      throw part.refusal(
        .limitExceeded,
        "\(self.sources.count) edges, each direction counted; at most \(limits.graphEdges)")
    }
  }
}
