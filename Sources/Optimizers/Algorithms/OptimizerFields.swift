import JSON

/// Members that several optimizers share.
enum OptimizerFields {
  static func learningRate(_ value: Double) -> Field {
    Field(
      "learning_rate", .number(0...1e4), default: .number(value), "η, how far a step goes.")
  }
}
