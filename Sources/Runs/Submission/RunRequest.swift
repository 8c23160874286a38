import Datasets
import Foundation
import JSON
import NeuralNetworks
import Store
import Synchronization
import Training

/// What a client asks for with `POST /v1/runs`, decoded and free of faults of its own.
///
/// What it names (a model, datasets, weights) is looked up later; see `RunSubmission`.
public struct RunRequest: Sendable {
  public enum ModelSource: Sendable {
    case stored(ModelID)
    case inline(Model)
  }

  /// The datasets' ids, with the pointer at which each stands.
  public struct Datasets: Sendable {
    public let train: DatasetID
    public let validation: DatasetID?
    public let test: DatasetID?
    /// Which examples of `train` train, validate and are for the test.
    public let split: SplitID?
    /// Of a split into folds, the one that validates.
    public let fold: Int?
    /// Whether the document gave an object rather than a single id.
    public let isObject: Bool

    /// Whether something is named on which the run is validated.
    public var validates: Bool { validation != nil || split != nil }
  }

  public static let priorities = -1000...1000
  public static let longestName = 200
  public static let mostTags = 64
  public static let longestSeconds = 30 * 24 * 3600
  public static let mostDependencies = 100

  /// What of the document bears on how much memory the run takes.
  let shape: JSON
  public let name: String?
  public let model: ModelSource
  public let datasets: Datasets
  public internal(set) var training: TrainingConfiguration
  public let observation: ObservationConfiguration
  public let initialWeights: InitialWeights?
  public let priority: Int
  /// Of training, after which the run ends.
  public let maximumSeconds: Int?
  /// Milliseconds since 1970, after which it neither begins nor goes on.
  public let deadline: Int?
  /// Runs that must have succeeded before it begins.
  public let after: [RunID]
  public let tags: [String: String]

  /// Decodes the body, and finds every fault in it.
  public init(_ json: JSON) throws(Faults) {
    var reader = ObjectReader(json)
    reader.passOverSchema()
    shape = RunRequest.shape(of: json)
    name = RunRequest.name(&reader)
    let model = RunRequest.model(&reader)
    let datasets = RunRequest.datasets(&reader)
    let rangeTest = RunRequest.rangeTest(&reader)
    var training: TrainingConfiguration?
    if let value = reader.requiredValue("training") {
      do throws(Faults) {
        training = try TrainingConfiguration(
          value, pointer: "/training", hasValidationDataset: datasets?.validates ?? false,
          rangeTest: rangeTest)
      } catch {
        reader.add(error)
      }
    }
    var observation = ObservationConfiguration()
    if let value = RunRequest.observe(&reader) {
      do throws(Faults) {
        observation = try ObservationConfiguration(value, pointer: "/observe")
      } catch {
        reader.add(error)
      }
    }
    if let training { observation.check(against: training, &reader) }
    if rangeTest != nil { RunRequest.check(&observation, datasets, &reader) }
    self.observation = observation
    initialWeights = InitialWeights(&reader)
    priority = reader.integer("priority", in: RunRequest.priorities) ?? 0
    maximumSeconds = reader.integer("max_seconds", in: 1...RunRequest.longestSeconds)
    deadline = reader.time("deadline")
    after = RunRequest.after(&reader)
    tags = RunRequest.tags(&reader)
    try reader.finish().check()
    guard let model, let datasets, let training else { throw reader.faults }
    self.model = model
    self.datasets = datasets
    self.training = training
  }

  private static func shape(of json: JSON) -> JSON {
    guard case .object(var object) = json else { return json }
    for name in ["name", "tags", "priority", "max_seconds", "deadline", "after", "initial_weights"]
    {
      object[name] = nil
    }
    return .object(object)
  }

  /// The `observe` object; `on_finding` may stand beside it as well as in it.
  private static func observe(_ reader: inout ObjectReader) -> JSON? {
    let observe = reader.value("observe")
    guard let remedies = reader.value("on_finding") else { return observe }
    guard case .object(var object) = observe ?? .object(JSONObject()) else { return observe }
    if object["on_finding"] != nil {
      reader.fault("on_finding", "stands in observe too; give it once")
    }
    object["on_finding"] = remedies
    return .object(object)
  }

  private static func after(_ reader: inout ObjectReader) -> [RunID] {
    guard let array = reader.array("after") else { return [] }
    if array.count > mostDependencies {
      reader.fault("after", "names \(array.count) runs; at most \(mostDependencies)")
    }
    var ids: [RunID] = []
    for (index, value) in array.prefix(mostDependencies).enumerated() {
      if let id = value.string.flatMap({ RunID($0) }) {
        if !ids.contains(id) { ids.append(id) }
      } else {
        reader.fault("after", element: index, "expected a run's id, run_…")
      }
    }
    return ids
  }

  static func name(_ reader: inout ObjectReader) -> String? {
    let name = reader.string("name")
    if let name, name.count > longestName {
      reader.fault("name", "has \(name.count) characters; at most \(longestName)")
    }
    return name
  }

  /// Models that were described of late: a queue is filled with runs of few.
  private static let recent = Mutex(Recent<JSON, Model>(capacity: 16))

  private static func described(by spec: JSON) throws(Faults) -> Model {
    if let model = recent.withLock({ $0[spec] }) { return model }
    let model = try Model(try ModelSpec(spec, pointer: "/model"), pointer: "/model")
    recent.withLock { $0[spec] = model }
    return model
  }

  /// A model's id, or a spec of its own.
  static func model(_ reader: inout ObjectReader) -> ModelSource? {
    switch reader.requiredValue("model") {
    case nil:
      return nil
    case .string(let text)?:
      if let id = ModelID(text) { return .stored(id) }
      reader.fault("model", "\"\(text.prefix(80))\" is no model's id; give mdl_… or a spec")
      return nil
    case let spec?:
      do throws(Faults) {
        return .inline(try described(by: spec))
      } catch {
        reader.add(error)
        return nil
      }
    }
  }

  private static func datasets(_ reader: inout ObjectReader) -> Datasets? {
    guard let value = reader.requiredValue("dataset") else { return nil }
    if case .string(let text) = value {
      guard let id = DatasetID(text) else {
        reader.fault("dataset", "\"\(text.prefix(80))\" is no dataset's id; give ds_…")
        return nil
      }
      return Datasets(
        train: id, validation: nil, test: nil, split: nil, fold: nil, isObject: false)
    }
    guard var parts = reader.reader("dataset") else { return nil }
    func id(_ name: String) -> DatasetID? {
      guard let text = parts.string(name) else { return nil }
      let id = DatasetID(text)
      if id == nil { parts.fault(name, "\"\(text.prefix(80))\" is no dataset's id; give ds_…") }
      return id
    }
    if parts.faults.isEmpty { _ = parts.requiredValue("train") }
    let train = id("train")
    let validation = id("validation")
    let test = id("test")
    var split: SplitID?
    if let text = parts.string("split") {
      split = SplitID(text)
      if split == nil {
        parts.fault("split", "\"\(text.prefix(80))\" is no split's id; give spl_…")
      }
      for name in ["validation", "test"] where parts.has(name) {
        parts.fault(
          name, "contradicts split, whose own examples validate and test; give one of the two")
      }
    }
    let fold = parts.integer("fold", in: 0...SplitShares.mostFolds - 1)
    if parts.has("fold"), !parts.has("split") {
      parts.fault("fold", "is one of a split's; name the split too")
    }
    reader.add(parts.finish())
    return train.map {
      Datasets(
        train: $0, validation: validation, test: test, split: split, fold: fold, isObject: true)
    }
  }

  static func tags(_ reader: inout ObjectReader) -> [String: String] {
    guard let part = reader.reader("tags") else { return [:] }
    reader.add(part.faults)
    var tags: [String: String] = [:]
    if part.object.members.count > mostTags {
      reader.fault("tags", "has \(part.object.members.count) members; at most \(mostTags)")
    }
    for (name, value) in part.object.members.prefix(mostTags) {
      guard let text = value.string else {
        reader.add(
          Faults([
            Fault(pointer: part.pointer(to: name), detail: "expected a string, found \(value.kind)")
          ]))
        continue
      }
      if text.count > longestName || name.count > longestName {
        reader.add(
          Faults([
            Fault(
              pointer: part.pointer(to: name),
              detail: "is too long; at most \(longestName) characters")
          ]))
      }
      tags[name] = text
    }
    return tags
  }

  static func encoded(_ tags: [String: String]) -> String {
    "\(JSON.object(JSONObject(tags.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))"
  }
}
