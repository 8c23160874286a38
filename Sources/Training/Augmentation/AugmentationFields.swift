import JSON

/// Members that several augmentations share.
enum AugmentationFields {
  static let fill = Field(
    "fill", .number(-1e9...1e9), default: 0.0,
    "What stands where the image has no pixel, as a number of the upload.")
  static let probability = Field(
    "probability", .number(0...1), default: 0.5, "How likely an example is changed.")
  static let always = Field(
    "probability", .number(0...1), default: 1.0, "How likely an example is changed.")
  /// Where each pixel has a scaling of its own, no number means the same in all.
  static func fillFault(
    _ fill: Double, _ input: AugmentedInput
  ) -> [(member: String, detail: String)] {
    fill != 0 && input.encode == nil
      ? [
        (
          "fill",
          "each pixel of the dataset is scaled by itself, so that only 0, in the model's numbers, can fill"
        )
      ]
      : []
  }

  /// The Beta distribution's parameter that two examples are mixed by.
  static func alpha(_ value: Double) -> Field {
    Field(
      "alpha", .number(1e-3...100), default: .number(value),
      "α of the Beta distribution, both of its parameters.")
  }
}
