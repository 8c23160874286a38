import JSON
import NeuralNetworks

extension GraphExamples {
  /// Where a model on a graph and the data's graph don't go together, a sentence each; `nil` when neither is one.
  static func faults(
    of source: any ExampleSource, for model: Model, name: String
  ) -> [String]? {
    guard let examples = source as? GraphExamples else {
      guard model.graph != nil else { return nil }
      return [
        "the model works on the vertices of a graph, and \(name) is none; upload one with format=graph, or "
          + "leave \"graph\" out of the model's input"
      ]
    }
    guard let spec = model.graph else {
      return [
        "\(name) is a graph, and the model's input isn't the vertices of one; say \"graph\": true in "
          + "the input"
      ]
    }
    return examples.graph.faults(for: model, spec, name: name)
  }
}

extension GraphSource {
  fileprivate func faults(for model: Model, _ spec: GraphInputSpec, name: String) -> [String] {
    var faults: [String] = []
    if model.inputShape != [width] {
      faults.append(
        "the model's input is \(model.inputShape), a vertex of \(name) has \(width) features; the two "
          + "must be equal")
    }
    if spec.edgeFeatures != edgeWidth {
      faults.append(
        "the model's edges have \(spec.edgeFeatures) features, those of \(name) have \(edgeWidth); say "
          + "\"graph\": { \"edge_features\": \(edgeWidth) } in the input")
    }
    if Set(model.areOfGraphs).count > 1 {
      faults.append(
        "some of the model's outputs are of vertices and others of graphs; the targets of \(name) are of one "
          + "kind")
    } else if model.readsOut != isOfGraphs {
      faults.append(
        isOfGraphs
          ? "the targets of \(name) are of its \(extents.graphs) graphs, and the model's output is of "
            + "vertices; add a graph_readout"
          : "the targets of \(name) are of its vertices, and the model's output is of graphs; leave "
            + "graph_readout out, or upload the part graphs")
    }
    if extents.storedFeatures != nil, let layer = model.denseLayer {
      faults.append(
        "layer \"\(layer.name)\" (\(layer.type)) needs all features of a vertex, and of \(name) only those "
          + "that aren't 0 are stored; begin with dropout, dense or a graph layer, or upload with "
          + "sparse=false")
    }
    return faults
  }
}

extension TrainingData {
  /// The graph that a run trains on; `nil` when its data is none.
  public var graph: GraphExamples? { training as? GraphExamples }

  /// What a run on a graph can't be told: how many examples a step takes, or a split beside the data's.
  func addGraphFaults(
    _ graph: GraphExamples, _ configuration: TrainingConfiguration, _ pointer: String,
    to faults: inout Faults
  ) {
    if let size = configuration.json["batch_size"], size != .null {
      faults.add(
        pointer + "/batch_size",
        "a step on a graph takes all of it; leave batch_size out")
    }
    if graph.training.isEmpty {
      faults.add("/dataset", "the graph has no example for training")
    }
    guard configuration.validationFraction != nil else {
      if configuration.validatesByMask, graph.validation.isEmpty {
        faults.add(
          pointer + "/validation/mask", "the graph has no example for validation; say a fraction")
      }
      return
    }
    if !graph.validation.isEmpty {
      faults.add(
        pointer + "/validation/fraction",
        "contradicts the \(graph.validation.count) examples that the graph has for validation; leave it "
          + "out")
      return
    }
    let kept = graph.split(configuration).validation?.examples?.count ?? 0
    if kept == 0 || kept == graph.training.count {
      faults.add(
        pointer + "/validation/fraction",
        "leaves \(graph.training.count - kept) of \(graph.training.count) examples for training and "
          + "\(kept) for validation; both need one at least")
    }
  }
}
