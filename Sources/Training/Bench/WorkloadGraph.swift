import JSON
import NeuralNetworks
import Tensors

/// A made-up graph of a given size, with sparse features of ones, to measure training steps on.
struct WorkloadGraph {
  private let vertices: Int
  private let edges: Int
  /// Features of all vertices together that aren't 0.
  private let stored: Int

  /// Reads a workload's `data.graph`: `{ "vertices": …, "edges": …, "stored_features": … }`, an edge being one
  /// that goes both ways.
  ///
  /// - Throws: `Faults`.
  init(_ json: JSON, pointer: String) throws(Faults) {
    var reader = ObjectReader(json, pointer: pointer)
    let sizes = 2...(1 << 22)
    vertices = reader.integer("vertices", in: sizes) ?? 2
    edges = reader.integer("edges", in: sizes) ?? 2
    stored = reader.integer("stored_features", in: sizes) ?? 2
    try reader.finish().check()
  }

  /// The graph with a class for each vertex; ends of edges and places of features are uniform draws.
  func examples(width: Int, classes: Int) -> GraphExamples {
    var random = Philox(seed: 1, purpose: "workload graph").generator()
    func draw(_ count: Int) -> Int32 { Int32(random.uniform() * Double(count)) }
    var pairs: [(source: Int32, target: Int32)] = []
    for _ in 0..<edges {
      let (a, b) = (draw(vertices), draw(vertices))
      pairs += [(a, b), (b, a)]
    }
    pairs.sort { ($0.target, $0.source) < ($1.target, $1.source) }
    let rows = (0..<stored).map { Int32($0 * vertices / stored) }
    let index = SparseIndex(
      rows: rows, columns: rows.map { _ in draw(width) }, rowCount: vertices, columnCount: width)
    let topology = GraphTopology(
      vertices: vertices, sources: pairs.map(\.source), targets: pairs.map(\.target),
      features: index)
    let labels = MemoryExamples(
      inputs: [],
      targets: [
        (
          ExampleTarget.onlyName,
          .classes((0..<vertices).map { _ in draw(classes) }, count: classes)
        )
      ])
    return GraphExamples(
      graph: GraphSource(
        topology, features: [Float](repeating: 1, count: stored), width: width), labels: labels)
  }
}
