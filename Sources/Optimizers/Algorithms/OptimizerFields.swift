import JSON

/// Members that several optimizers share.
enum OptimizerFields {
  static func learningRate(_ value: Double) -> Field {
    Field(
      "learning_rate", .number(0...1e4), default: .number(value), "η, how far a step goes.")
  }

  /// Added to the gradient.
  static let weightDecay = Field(
    "weight_decay", .number(0...1e3), default: 0.0, "λ, added to the gradient times the parameter.")

  /// Apart from the gradient.
  static func decoupledDecay(_ value: Double) -> Field {
    Field(
      "weight_decay", .number(0...1e3), default: .number(value),
      "λ, by which the parameter shrinks, times the learning rate.")
  }

  static let isDecoupled = Field(
    "decoupled_weight_decay", .boolean, default: false,
    "Whether weights decay apart from the gradient, as AdamW's do.")

  static let amsgrad = Field(
    "amsgrad", .boolean, default: false,
    "Whether the divisor is the largest mean of squares so far, as AMSGrad's.")
}
