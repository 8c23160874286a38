import JSON
import Runs

/// The flags of `chainrule serve` that say how much documents and runs may ask for; their defaults are the most there can be.
struct LimitFlags: Sendable {
  let documents: DocumentLimits
  let longestQueue: Int

  static let fields = [
    bytesField, depthField, valuesField, layersField, parametersField, elementsField, secondsField,
    queueField,
  ]

  private static let standard = DocumentLimits()
  private static let bytesField = Field(
    "max_document_bytes", .integer(1_024...standard.bytes), default: .integer(standard.bytes),
    "Of one JSON document: a spec, a run, overrides.")
  private static let depthField = Field(
    "max_json_depth", .integer(8...standard.depth), default: .integer(standard.depth),
    "Levels of arrays and objects in a JSON document.")
  private static let valuesField = Field(
    "max_json_values", .integer(100...standard.values), default: .integer(standard.values),
    "Values of a JSON document in all.")
  private static let layersField = Field(
    "max_layers", .integer(1...standard.layers), default: .integer(standard.layers),
    "Layers of a model, once containers are opened.")
  private static let parametersField = Field(
    "max_parameters", .integer(1...standard.parameters), default: .integer(standard.parameters),
    "Parameters of a model, counted in elements.")
  private static let elementsField = Field(
    "max_elements", .integer(1...standard.elements), default: .integer(standard.elements),
    "Elements of one example at any layer of a model.")
  private static let secondsField = Field(
    "max_run_seconds", .integer(1...standard.runSeconds), default: .integer(standard.runSeconds),
    "Of a run's training; one that doesn't say how long is ended then.")
  private static let queueField = Field(
    "max_queue", .integer(1...1_000_000), default: 100_000, "Runs that may be queued.")

  init(_ reader: inout ObjectReader) {
    var documents = DocumentLimits()
    documents.bytes = reader.integer(Self.bytesField)
    documents.depth = reader.integer(Self.depthField)
    documents.values = reader.integer(Self.valuesField)
    documents.layers = reader.integer(Self.layersField)
    documents.parameters = reader.integer(Self.parametersField)
    documents.elements = reader.integer(Self.elementsField)
    documents.runSeconds = reader.integer(Self.secondsField)
    self.documents = documents
    longestQueue = reader.integer(Self.queueField)
  }
}
