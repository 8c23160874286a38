import JSON

/// Members that optimizers with conjugate gradients share.
enum CurvatureFields {
  static func damping(_ value: Double) -> Field {
    Field(
      "damping", .number(1e-20...1e20), default: .number(value),
      "λ, added to the curvature in every direction; with a rule that changes it, where it begins.")
  }

  static func iterations(_ value: Int) -> Field {
    Field(
      "cg_iterations", .integer(1...10_000), default: .integer(value),
      "Iterations of conjugate gradients at most, each about two passes over the batch.")
  }

  static func tolerance(_ value: Double) -> Field {
    Field(
      "cg_tolerance", .number(0...1), default: .number(value),
      "Conjugate gradients end when what is left is this share of the gradient.")
  }

  static let curvature = Field(
    "curvature", .choice(CurvatureMatrix.allCases.map(\.rawValue)),
    default: .string(CurvatureMatrix.gaussNewton.rawValue),
    "The matrix: JᵀHJ by the outputs, or all second derivatives, of which not every operation has any."
  )

  static func matrix(_ reader: inout ObjectReader) -> CurvatureMatrix {
    CurvatureMatrix(rawValue: reader.choice(curvature)) ?? .gaussNewton
  }
}
