import JSON
import NeuralNetworks
import Tensors

/// A model, a batch size and made-up data to measure training steps on.
struct Workload {
  let name: String
  let model: Model
  let batchSize: Int
  let classes: Int
  /// Classes an example has; 1 when it has one alone.
  let length: Int?
  /// The graph whose vertices are the examples; `nil` for one batch of examples.
  private let graph: WorkloadGraph?
  let configuration: TrainingConfiguration

  /// Reads a workload file.
  ///
  /// - Throws: `Faults` in the document; `TrainingError.workload` for data this version can't make.
  init(_ json: JSON, threads: Int) throws {
    var reader = ObjectReader(json)
    name = reader.string("name") ?? "unnamed"
    _ = reader.string("note")
    batchSize = reader.integer("batch_size", in: TrainingConfiguration.batchSizes) ?? 32
    let input = reader.value("data")?["input"]?.string
    let target = reader.value("data")?["target"]
    graph = try reader.value("data")?["graph"].map {
      try WorkloadGraph($0, pointer: "/data/graph")
    }
    let spec = reader.requiredValue("model") ?? .null
    var training = reader.requiredValue("training")?.object ?? JSONObject()
    try reader.finish().check()
    model = try Model(ModelSpec(spec, pointer: "/model"), pointer: "/model")
    let wanted =
      model.graph != nil ? "graph" : model.inputElement == .int32 ? "tokens" : "normal"
    guard input == wanted, let classes = target?["classes"]?.integer else {
      throw TrainingError(
        .workload, "\(name): the model needs inputs of \(wanted), and classes to learn")
    }
    length = target?["length"]?.integer
    self.classes = classes
    training["steps"] = 1_000_000_000
    // A step on a graph computes all of it; the batch is whose outputs are compared with their targets.
    if graph == nil { training["batch_size"] = .integer(batchSize) }
    training["threads"] = .integer(threads)
    configuration = try TrainingConfiguration(.object(training), pointer: "/training")
  }

  /// One batch of standard normal inputs or tokens, and of classes, each as likely as the other.
  func examples() -> any ExampleSource {
    if let graph { return graph.examples(width: model.inputShape.count, classes: classes) }
    let width = model.inputShape.count
    var normals = Philox(seed: 1, purpose: "workload inputs").generator()
    var labels = Philox(seed: 1, purpose: "workload classes").generator()
    let vocabulary = model.inputVocabulary.map(Double.init)
    let inputs = (0..<batchSize * width).map { _ in
      vocabulary.map { Float((normals.uniform() * $0).rounded(.down)) } ?? Self.normal(&normals)
    }
    let classes = (0..<batchSize * (length ?? 1)).map { _ in
      Int32(labels.uniform() * Double(self.classes))
    }
    let shape: Shape = length.map { [$0] } ?? []
    return MemoryExamples(
      inputs: inputs, shape: model.inputShape,
      targets: .classes(classes, count: self.classes, shape: shape))
  }

  /// The sum of twelve uniform draws less six: mean 0, variance 1, near enough to normal.
  private static func normal(_ generator: inout Philox.Generator) -> Float {
    Float((0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() })
  }
}
