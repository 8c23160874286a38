import Autodiff
import Tensors

/// Where the graph of a model is in the computation it was built into.
public struct GraphParts: Sendable {
  public let structure: GraphStructure
  /// Of the vertices: `[V, D]`, or `[stored]` where they are sparse.
  public let features: Value
  /// Where the stored features are, `[V, D]`; `nil` when they are dense.
  public let sparsity: SparsePattern?
  /// int32 `[batch]`: of which vertices, or graphs, the output is.
  public let examples: Value

  init(
    _ input: InputSpec, _ spec: GraphInputSpec, _ extents: GraphExtents, _ batch: Int,
    in graph: inout Graph
  ) {
    structure = GraphStructure(extents, edgeFeatures: spec.edgeFeatures, in: &graph)
    if let stored = extents.storedFeatures {
      features = graph.input(input.name, TensorType([stored], graph.element))
      sparsity = graph.sparsePattern(
        "features", rows: extents.vertices, columns: input.shape.count, entries: stored)
    } else {
      features = graph.input(
        input.name, TensorType(input.shape.prepending(extents.vertices), graph.element))
      sparsity = nil
    }
    examples = graph.input("examples", TensorType([batch], .int32))
  }

  /// Tells a layer of the graph: that its batch is the vertices, or after a readout the graphs.
  func describe(_ layer: LayerSpec, to context: inout ForwardContext) {
    context.structure = structure
    context.batch = layer.isOfGraphs ? structure.extents.graphs : structure.extents.vertices
    context.sparsity = layer.takesFeatures ? sparsity : nil
  }
}

extension Model {
  /// What the model says of its graph; `nil` when its examples make none.
  public var graph: GraphInputSpec? { inputs[0].graph }

  /// Whether its outputs are of graphs, and not of vertices.
  public var readsOut: Bool { areOfGraphs[0] }

  /// The same of each output; they can't be trained together when they differ.
  public var areOfGraphs: [Bool] {
    spec.outputs.map { output in
      if case .layer(let index) = output { spec.layers[index].isOfGraphs } else { false }
    }
  }

  /// The first layer that needs all of the vertices' features, where only some are stored; or hands them out.
  public var denseLayer: LayerSpec? {
    let handedOut = Set(spec.outputs)
    return spec.layers.indices.lazy
      .filter { spec.layers[$0].takesFeatures }
      .first { index in
        let support = spec.layers[index].layer.sparseSupport
        return support == .none || support == .keeps && handedOut.contains(.layer(index))
      }
      .map { spec.layers[$0] }
  }
}
