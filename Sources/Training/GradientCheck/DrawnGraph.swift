import NeuralNetworks
import Tensors

/// A random graph that a model takes, for want of data.
///
/// Every vertex has an edge from the next one, and one from a random other; features are of N(0, 1).
struct DrawnGraph {
  private let width: Int
  private let edgeWidth: Int
  private let graphs: Int
  private let vertices: Int
  private let isOfGraphs: Bool

  /// Vertices of each graph, where examples are graphs.
  private static let verticesOfGraph = 4

  /// `nil` for a model on no graph.
  init?(model: Model, examples: Int) {
    guard let spec = model.graph else { return nil }
    width = model.inputShape.count
    edgeWidth = spec.edgeFeatures
    isOfGraphs = model.readsOut
    graphs = isOfGraphs ? examples : 1
    vertices = isOfGraphs ? examples * DrawnGraph.verticesOfGraph : max(examples, 2)
  }

  func source(seed: UInt64) -> GraphSource {
    var generator = Philox(seed: seed, purpose: "gradient check edges").generator()
    let size = vertices / graphs
    var sources: [Int32] = []
    var targets: [Int32] = []
    for vertex in 0..<vertices {
      let first = vertex / size * size
      for source in [
        first + (vertex - first + 1) % size, first + Int.random(in: 0..<size, using: &generator),
      ] {
        sources.append(Int32(source))
        targets.append(Int32(vertex))
      }
    }
    let ofVertices = isOfGraphs ? (0..<vertices).map { Int32($0 / size) } : []
    let topology = GraphTopology(
      vertices: vertices, sources: sources, targets: targets, graphs: ofVertices)
    return GraphSource(
      topology, features: normals(vertices * width, seed, "gradient check inputs"), width: width,
      edgeFeatures: normals(sources.count * edgeWidth, seed, "gradient check edge features"),
      edgeWidth: edgeWidth, isOfGraphs: isOfGraphs)
  }

  private func normals(_ count: Int, _ seed: UInt64, _ purpose: String) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    numbers.withUnsafeMutableBufferPointer {
      Distribution.normal(mean: 0, standardDeviation: 1)
        .fill($0, from: Philox(seed: seed, purpose: purpose))
    }
    return numbers
  }
}
