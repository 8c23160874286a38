/// The text pair in which citation networks are handed around: `.content`, a paper's name, its words and its
/// class a line, and `.cites`, the name of a cited paper and of the one that cites it.
///
/// Sen et al. 2008, doi:10.1609/aimag.v29i3.2157.
struct Planetoid {
  let features: VertexFeatures
  let labels: GraphLabels
  private let vertices: [String: Int32]

  init(content part: GraphPart, limits: ImportLimits) throws(DatasetError) {
    var vertices: [String: Int32] = [:]
    var labels: [String] = []
    var columns = 0
    var rows: [Int32] = []
    var places: [Int32] = []
    var values: [Float] = []
    try part.forEachRecord(delimiter: UInt8(ascii: "\t")) { (reader) throws(DatasetError) in
      if labels.isEmpty { columns = reader.count }
      guard reader.count == columns, columns >= 3 else {
        throw part.refusal(
          .malformed,
          "has \(reader.count) fields; a line is a name, the features and a class, with tabs between",
          row: reader.row)
      }
      guard labels.count < limits.graphVertices else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphVertices) vertices")
      }
      let name = reader.text(0)
      if let other = vertices.updateValue(Int32(labels.count), forKey: name) {
        throw part.refusal(
          .malformed, "\"\(name.prefix(40))\" is the name of vertex \(other) too", row: reader.row,
          column: 1)
      }
      for field in 1..<columns - 1 {
        let number = try VertexFeatures.number(reader, field, part)
        guard number != 0 else { continue }
        rows.append(Int32(labels.count))
        places.append(Int32(field - 1))
        values.append(number)
      }
      guard places.count <= limits.graphElements else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphElements) elements")
      }
      labels.append(reader.text(columns - 1))
    }
    features = VertexFeatures(
      vertices: labels.count, width: columns - 2,
      elements: .sparse(rows: rows, columns: places, values: values))
    self.labels = GraphLabels(labels: labels)
    self.vertices = vertices
  }

  /// The edges, from what cites to what is cited, of the papers that there are.
  ///
  /// - Returns: also how many lines named a paper that isn't there.
  func edges(
    cites part: GraphPart, isDirected: Bool, limits: ImportLimits
  ) throws(DatasetError) -> (edges: GraphEdges, unknown: Int) {
    var sources: [Int32] = []
    var targets: [Int32] = []
    var unknown = 0
    try part.forEachRecord(delimiter: UInt8(ascii: "\t")) { (reader) throws(DatasetError) in
      guard reader.count == 2 else {
        throw part.refusal(
          .malformed, "has \(reader.count) fields; a line is two names with a tab between",
          row: reader.row)
      }
      guard let cited = vertices[reader.text(0)], let citing = vertices[reader.text(1)] else {
        unknown += 1
        return
      }
      guard sources.count < limits.graphEdges else {
        throw part.refusal(.limitExceeded, "more than \(limits.graphEdges) edges")
      }
      sources.append(citing)
      targets.append(cited)
    }
    let edges = try GraphEdges(
      part, sources, targets, [], width: 0, vertices: vertices.count, isDirected: isDirected,
      limits: limits)
    return (edges, unknown)
  }
}
