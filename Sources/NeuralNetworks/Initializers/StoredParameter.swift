import JSON

/// A parameter that another run has stored, as an initializer names it.
///
/// Whoever knows the runs copies it; see `Model.storedParameters`.
public struct StoredParameter: Hashable, Sendable {
  /// The run's id.
  public let run: String
  /// `latest`, `best`, `initial` or a step.
  public let checkpoint: String
  /// The name there; `nil` for the one that the parameter has here.
  public let parameter: String?

  private static let runField = Field(
    "run", .described("a run's id"), isRequired: true, "The run whose weights are taken.")
  private static let checkpointField = Field(
    "checkpoint", .described("latest, best, initial or a step"), default: "latest",
    "Which of its checkpoints.")
  private static let parameterField = Field(
    "parameter", .described("a parameter's name"),
    "Its name there, such as conv1.weight; left out: the name it has here.")

  static let documentation = CatalogEntry(
    type: "from",
    summary: "The elements that a parameter of the same shape has in another run.",
    formula: "a copy, taken when the run that begins with it is queued",
    fields: [runField, checkpointField, parameterField],
    source: "Transfer of features, Yosinski et al. 2014, arXiv:1411.1792.")

  init(from reader: inout ObjectReader) {
    var run = ""
    if reader.requiredValue(StoredParameter.runField.name) != nil,
      let text = reader.string(StoredParameter.runField.name)
    {
      run = text
      if !StoredParameter.isIdentifier(text) {
        reader.fault(
          StoredParameter.runField.name, "\"\(text.prefix(80))\" is no run's id; give run_…")
      }
    }
    self.run = run
    checkpoint = StoredParameter.checkpoint(&reader)
    parameter = reader.string(StoredParameter.parameterField.name)
    if let parameter, parameter.isEmpty || parameter.utf8.count > 2_000 {
      reader.fault(
        StoredParameter.parameterField.name,
        "has \(parameter.utf8.count) bytes; from 1 to 2000")
    }
  }

  /// Reads the member `checkpoint`: `latest`, `best`, `initial` or a step; `latest` when it's left out.
  public static func checkpoint(_ reader: inout ObjectReader) -> String {
    let standard = "latest"
    guard let value = reader.value(checkpointField.name) else { return standard }
    let text = value.string ?? value.integer.map(String.init)
    if let text, ["latest", "best", "initial"].contains(text) || Int(text).map({ $0 >= 0 }) == true
    {
      return text
    }
    reader.fault(
      checkpointField.name,
      "expected latest, best, initial or a step, found "
        + (text.map { "\"\($0.prefix(40))\"" } ?? value.kind))
    return standard
  }

  /// `run_` and the 26 characters of a ULID.
  private static func isIdentifier(_ text: String) -> Bool {
    let characters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return text.hasPrefix("run_") && text.utf8.count == 30
      && text.dropFirst(4).allSatisfy(characters.contains)
  }

  var json: JSON {
    var object = JSONObject([
      ("type", "from"), ("run", .string(run)), ("checkpoint", .string(checkpoint)),
    ])
    if let parameter { object["parameter"] = .string(parameter) }
    return .object(object)
  }
}

extension Model {
  /// The parameters that begin as those of other runs, with the places in the spec that say so.
  public var storedParameters:
    [(parameter: ParameterDescription, from: StoredParameter, place: String)]
  {
    let layers = Dictionary(spec.layers.map { ($0.name, $0) }) { first, _ in first }
    return parameters.compactMap { parameter in
      guard case .from(let stored) = parameter.initializer, let layer = layers[parameter.layer]
      else { return nil }
      let member = layer.layer.configuration.first { $0.1 == stored.json }?.0
      return (parameter, stored, layer.place + (member.map { "/\($0)" } ?? ""))
    }
  }
}
