import Autodiff
import NeuralNetworks
import Tensors

/// A graph with the features of its vertices and edges, in memory that all programs of a run read.
public final class GraphSource: Sendable {
  public let topology: GraphTopology
  /// Features of a vertex, and of an edge.
  public let width: Int
  public let edgeWidth: Int
  /// `[V, D]`, or the stored elements `[S]`.
  let features: Tensor
  /// `[E, F]`; `nil` when edges have none.
  let edgeFeatures: Tensor?
  /// Whether targets are of the graphs that the vertices make, and not of the vertices.
  public let isOfGraphs: Bool

  public var extents: GraphExtents { topology.extents }
  /// How many have a target each.
  public var examples: Int { isOfGraphs ? extents.graphs : extents.vertices }

  /// - Precondition: as many features as topology and widths say.
  public init(
    _ topology: GraphTopology, features: [Float], width: Int, edgeFeatures: [Float] = [],
    edgeWidth: Int = 0, isOfGraphs: Bool = false
  ) {
    self.topology = topology
    self.width = width
    self.edgeWidth = edgeWidth
    self.isOfGraphs = isOfGraphs
    let extents = topology.extents
    self.features = Tensor(
      features, shape: extents.storedFeatures.map { [$0] } ?? [extents.vertices, width])
    self.edgeFeatures =
      edgeWidth == 0 ? nil : Tensor(edgeFeatures, shape: [extents.edges, edgeWidth])
  }

  /// What the inputs of a model on this graph hold.
  func contents(_ parts: GraphParts) -> [(value: Value, tensor: Tensor)] {
    var contents = parts.structure.contents(topology)
    if let sparsity = parts.sparsity, let index = topology.features {
      contents += zip(sparsity.values, index.arrays).map { (value: $0, tensor: $1) }
    }
    contents.append((parts.features, features))
    if let value = parts.structure.edgeFeatures, let edgeFeatures {
      contents.append((value, edgeFeatures))
    }
    return contents
  }

  /// Where the inputs of a model on this graph lie, for as long as this source lives; nothing writes there.
  func bindings(_ parts: GraphParts) -> [Value: UnsafeMutableRawPointer] {
    var bindings: [Value: UnsafeMutableRawPointer] = [:]
    for (value, tensor) in contents(parts) {
      tensor.withUnsafeBytes { bytes in
        bindings[value] = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
      }
    }
    return bindings
  }
}
