import Datasets
import NeuralNetworks
import Tensors

/// The vertices of a graph, or its graphs, as examples: what is gathered of each is which it is, and its target.
public struct GraphExamples: ExampleSource {
  public let graph: GraphSource
  /// Has the targets.
  private let labels: any ExampleSource
  /// Which examples are for what; all for training when the data doesn't say.
  let training: ExampleSet
  let validation: ExampleSet
  let test: ExampleSet

  /// - Precondition: as many labels as the graph has examples.
  public init(
    graph: GraphSource, labels: any ExampleSource, training: ExampleSet? = nil,
    validation: ExampleSet = [], test: ExampleSet = []
  ) {
    precondition(labels.examples == graph.examples, "labels and vertices differ in number")
    self.graph = graph
    self.labels = labels
    self.training = training ?? ExampleSet(0..<graph.examples)
    self.validation = validation
    self.test = test
  }

  public var examples: Int { graph.examples }
  public var inputs: [ExampleInput] { [ExampleInput(shape: [graph.width])] }
  public var targets: [ExampleTarget] { labels.targets }
  public var classIndices: ClassLabels { labels.classIndices }

  public func gather(
    indices: UnsafeBufferPointer<Int>, inputs: [UnsafeMutableRawPointer?],
    targets: [UnsafeMutableRawPointer?]
  ) {
    // A loop over indices: other ways allocate where nothing is optimised.
    if !inputs.isEmpty, let place = inputs[0] {
      let examples = place.assumingMemoryBound(to: Int32.self)
      for row in 0..<indices.count { examples[row] = Int32(truncatingIfNeeded: indices[row]) }
    }
    labels.gather(indices: indices, inputs: [], targets: targets)
  }

  /// Which examples train and which validate: as the data says, or by a fraction of those for training.
  func split(_ configuration: TrainingConfiguration) -> TrainingData.Parts {
    let given = validation.isEmpty ? nil : validation
    guard let fraction = configuration.validationFraction else {
      return TrainingData.Parts(
        training: training, validation: given.map { (source: self, examples: $0) })
    }
    let classes = classIndices
    let split = Split(
      examples: training.count, validationFraction: fraction, seed: configuration.seed,
      classIndices: classes.isEmpty ? [] : ClassLabels(training.map { classes[$0] }))
    return TrainingData.Parts(
      training: ExampleSet(split.training.map { training[$0] }),
      validation: (source: self, examples: ExampleSet(split.validation.map { training[$0] })))
  }
}

extension Dataset {
  /// The graph, with its vertices or graphs as examples; `nil` when the dataset is none.
  public var graphExamples: GraphExamples? {
    guard let file = graph else { return nil }
    let description = file.description
    let width = inputShape.count
    let isSparse = description.storedFeatures != nil
    let index =
      isSparse
      ? SparseIndex(
        rows: Array(file.featureRows), columns: Array(file.featureColumns),
        rowCount: description.vertices, columnCount: width) : nil
    let topology = GraphTopology(
      vertices: description.vertices, sources: Array(file.sources), targets: Array(file.targets),
      graphs: Array(file.ofVertices), features: index)
    let source = GraphSource(
      topology, features: Array(isSparse ? file.featureValues : denseFeatures), width: width,
      edgeFeatures: Array(file.edgeFeatures), edgeWidth: description.edgeFeatures,
      isOfGraphs: description.graphs != nil)
    return GraphExamples(
      graph: source, labels: self, training: file.examples(.training),
      validation: file.examples(.validation), test: file.examples(.test))
  }
}
