import JSON

/// Members that Shampoo and SOAP share.
enum PreconditionedFields {
  static let every = Field(
    "precondition_every", .integer(1...100_000), default: 10,
    "Steps between two renewals of what the gradient is multiplied by; the first step makes it, too."
  )
  static let largest = Field(
    "max_factor", .integer(1...4096), default: 1024,
    "Rows of a factor at most; a side of the matrix that is longer isn't multiplied.")

  static func decay(_ value: Double) -> Field {
    Field(
      "factor_decay", .number(0...1), default: .number(value),
      "β of the factors' means; 1 for their sums.")
  }
}
