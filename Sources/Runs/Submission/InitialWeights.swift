import JSON
import NeuralNetworks
import Store
import Training

/// What the member `initial_weights` of a run says: from where its parameters begin, and how they are called there.
///
/// A run's id alone stands for `{ "run": … }`, that of weights for `{ "weights": … }`.
public struct InitialWeights: Sendable {
  public enum Source: Hashable, Sendable {
    case run(RunID, checkpoint: String)
    case file(WeightsID)
  }

  public let source: Source
  public let names: WeightNames
  /// Whether every parameter must be there, every tensor be one, and the shapes be equal.
  public let isStrict: Bool

  /// Whether the document gave an object rather than a single id.
  let isObject: Bool

  static let pointer = "/initial_weights"
  /// Where its source stands.
  var sourcePointer: String {
    guard isObject else { return Self.pointer }
    if case .run = source { return "\(Self.pointer)/run" }
    return "\(Self.pointer)/weights"
  }

  init?(_ reader: inout ObjectReader) {
    guard let value = reader.value("initial_weights") else { return nil }
    isObject = value.string == nil
    if let text = value.string {
      names = WeightNames()
      isStrict = true
      if let run = RunID(text) {
        source = .run(run, checkpoint: "latest")
      } else if let file = WeightsID(text) {
        source = .file(file)
      } else {
        reader.fault(
          "initial_weights",
          "\"\(text.prefix(80))\" is neither a run's id, run_…, nor that of weights, wts_…")
        return nil
      }
      return
    }
    guard var object = reader.reader("initial_weights") else { return nil }
    let source = Self.source(&object)
    names = WeightNames(from: &object)
    isStrict = object.bool("strict") ?? true
    let faults = object.finish()
    reader.add(faults)
    guard let source, faults.isEmpty else { return nil }
    self.source = source
  }

  private static func source(_ reader: inout ObjectReader) -> Source? {
    let (run, file) = (reader.string("run"), reader.string("weights"))
    let checkpoint = StoredParameter.checkpoint(&reader)
    switch (run, file) {
    case (let run?, nil):
      if let id = RunID(run) { return .run(id, checkpoint: checkpoint) }
      reader.fault("run", "\"\(run.prefix(80))\" is no run's id; give run_…")
    case (nil, let file?):
      if reader.has("checkpoint") {
        reader.fault("checkpoint", "is of a run, and this is a file; leave it out")
      }
      if let id = WeightsID(file) { return .file(id) }
      reader.fault("weights", "\"\(file.prefix(80))\" is no id of weights; give wts_…")
    case (_?, _?): reader.fault("weights", "contradicts run; give one of them")
    case (nil, nil):
      if reader.faults.isEmpty { reader.fault("run", "is missing; give run or weights") }
    }
    return nil
  }

  /// The source in words.
  var title: String {
    switch source {
    case .run(let id, _): "run \(id)"
    case .file(let id): "weights \(id)"
    }
  }
}
