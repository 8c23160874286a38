import JSON

/// Members that recurrent layers share, and their entry of the catalog.
enum RecurrentFields {
  static let units = Field(
    "units", .integer(1...LayerLimits.units), isRequired: true, "Elements of the state.")
  static let layers = Field(
    "layers", .integer(1...16), default: 1, "How many, each on the outputs of the one below.")
  static let bidirectional = Field(
    "bidirectional", .boolean, default: false,
    "Whether another one reads the sequence backwards; the outputs stand side by side.")
  static let dropout = Field(
    "dropout", .number(0...0.999), default: 0.0,
    "The fraction dropped between the layers while training.")
  static let returnSequences = Field(
    "return_sequences", .boolean, default: false,
    "Whether all outputs are given, or only the last of each direction.")
  static let truncate = Field(
    "truncate", .integer(1...LayerLimits.elements),
    "After how many steps the gradient through the state is cut: truncated backpropagation through time. The whole sequence when left out."
  )

  static let stateful = Field(
    "stateful", .boolean, default: false,
    "Whether the state after a batch is that before the next one, row by row, and 0 at the begin of each epoch and evaluation; the gradient doesn't go through it. Rows of a batch then go on where those of the batch before ended: an epoch is as many contiguous lanes of the examples in order as a batch has rows, shuffle is false, and examples that fill no batch are left out. Predictions begin with 0."
  )

  static let recurrentDropout = Field(
    "recurrent_dropout", .number(0...0.999), default: 0.0,
    "The fraction of the state dropped before each product while training, the same places at all steps of a sequence (Gal and Ghahramani 2016, arXiv:1512.05287)."
  )
  static let initializer = Field(
    "initializer", .described("an initializer"),
    "How the weights begin. Left out: uniform between -1/√units and 1/√units.")
  static let recurrentInitializer = Field(
    "recurrent_initializer", .described("an initializer"),
    "How the weights of the state begin, such as orthogonal; as initializer says when left out.")
  static let biasInitializer = Field(
    "bias_initializer", .described("an initializer"),
    "How the biases begin. Left out: uniform between -1/√units and 1/√units.")

  /// - Parameters:
  ///   - fields: what only this layer has.
  ///   - weights: the same.
  static func documentation(
    type: String, summary: String, formula: String, gates: String, fields: [Field] = [],
    weights: [String] = [], source: String, file: String = #fileID, line: Int = #line
  ) -> CatalogEntry {
    CatalogEntry(
      type: type, summary: summary, formula: formula,
      shapes:
        "[T, D] -> [units], or [T, units] with return_sequences; twice the units when bidirectional",
      fields: [
        units, layers, bidirectional, dropout, recurrentDropout, returnSequences, truncate,
        stateful,
        CommonFields.bias, initializer, recurrentInitializer, biasInitializer,
      ] + fields,
      weights: [
        "weight_ih_l0 [\(gates), D]", "weight_hh_l0 [\(gates), H]", "bias_ih_l0", "bias_hh_l0",
      ] + weights + ["and so on for _l0_reverse, _l1, …"],
      source: source, file: file, line: line)
  }
}
