import JSON
import NeuralNetworks
import Tensors

/// A model, a batch size and made-up data to measure training steps on.
struct Workload {
  let name: String
  let model: Model
  let batchSize: Int
  let classes: Int
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
    let spec = reader.requiredValue("model") ?? .null
    var training = reader.requiredValue("training")?.object ?? JSONObject()
    try reader.finish().check()
    model = try Model(ModelSpec(spec, pointer: "/model"), pointer: "/model")
    guard input == "normal", let classes = target?["classes"]?.integer, target?["length"] == nil
    else {
      throw TrainingError(
        .workload, "\(name): only data of normal inputs and one class an example can be made")
    }
    self.classes = classes
    training["steps"] = 1_000_000_000
    training["batch_size"] = .integer(batchSize)
    training["threads"] = .integer(threads)
    configuration = try TrainingConfiguration(.object(training), pointer: "/training")
  }

  /// One batch of standard normal inputs and of classes, each as likely as the other.
  func examples() -> MemoryExamples {
    let width = model.inputShape.count
    var normals = Philox(seed: 1, purpose: "workload inputs").generator()
    var labels = Philox(seed: 1, purpose: "workload classes").generator()
    let inputs = (0..<batchSize * width).map { _ in Self.normal(&normals) }
    let classes = (0..<batchSize).map { _ in Int32(labels.uniform() * Double(self.classes)) }
    return MemoryExamples(
      inputs: inputs, shape: model.inputShape, targets: .classes(classes, count: self.classes))
  }

  /// The sum of twelve uniform draws less six: mean 0, variance 1, near enough to normal.
  private static func normal(_ generator: inout Philox.Generator) -> Float {
    Float((0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() })
  }
}
