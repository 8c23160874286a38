import JSON
import Tensors

extension DatasetDescription {
  /// The arrays of a dataset that has several inputs or several targets, by their names.
  public struct NamedArrays: Hashable, Sendable {
    public struct NamedInput: Hashable, Sendable {
      public let name: String
      public let input: Input
    }

    public struct NamedTarget: Hashable, Sendable {
      public let name: String
      public let target: Target
    }

    /// The first of each is the dataset's `input` and `target`.
    public let inputs: [NamedInput]
    public let targets: [NamedTarget]
  }

  /// Arrays of one dataset that are inputs at most, and that are targets.
  public static let mostArrays = 32

  /// All inputs with their names; `nil` for the name of an only one.
  public var namedInputs: [(name: String?, input: Input)] {
    arrays?.inputs.map { ($0.name, $0.input) } ?? [(nil, input)]
  }

  public var namedTargets: [(name: String?, target: Target)] {
    arrays?.targets.map { ($0.name, $0.target) } ?? [(nil, target)]
  }

  /// The same dataset as if one of its inputs and one of its targets were all.
  public func only(input: Int, target: Int = 0) -> DatasetDescription {
    DatasetDescription(
      format: format, examples: examples, input: namedInputs[input].input,
      target: namedTargets[target].target, columns: columns, sizeBytes: sizeBytes, sha256: sha256,
      options: options)
  }
}

extension DatasetDescription.NamedArrays {
  var inputsJSON: JSON { .array(inputs.map { named($0.name, $0.input.json) }) }
  var targetsJSON: JSON { .array(targets.map { named($0.name, $0.target.json) }) }

  private func named(_ name: String, _ json: JSON) -> JSON {
    .object(JSONObject([("name", .string(name))] + (json.object?.members ?? []).map { ($0, $1) }))
  }

  /// Reads the members `inputs` and `targets`, if they are there.
  init?(_ reader: inout ObjectReader) throws(Faults) {
    guard let inputs = reader.array("inputs", count: 1...DatasetDescription.mostArrays),
      let targets = reader.array("targets", count: 1...DatasetDescription.mostArrays)
    else { return nil }
    var namedInputs: [NamedInput] = []
    for (index, json) in inputs.enumerated() {
      let pointer = "\(reader.pointer(to: "inputs"))/\(index)"
      let (name, rest) = try DatasetDescription.NamedArrays.split(json, pointer)
      namedInputs.append(NamedInput(name: name, input: try .init(rest, pointer: pointer)))
    }
    var namedTargets: [NamedTarget] = []
    for (index, json) in targets.enumerated() {
      let pointer = "\(reader.pointer(to: "targets"))/\(index)"
      let (name, rest) = try DatasetDescription.NamedArrays.split(json, pointer)
      namedTargets.append(NamedTarget(name: name, target: try .init(rest, pointer: pointer)))
    }
    self.inputs = namedInputs
    self.targets = namedTargets
  }

  private static func split(
    _ json: JSON, _ pointer: String
  ) throws(Faults) -> (name: String, rest: JSON) {
    guard case .object(var object) = json, let name = object["name"]?.string else {
      throw Faults([Fault(pointer: pointer, detail: "expected an object with a name")])
    }
    object["name"] = nil
    return (name, .object(object))
  }
}
