import JSON

/// Members that convolutions share.
enum ConvolutionFields {
  static let filters = Field(
    "filters", .integer(1...LayerLimits.units), isRequired: true, "How many output channels.")
  static let groups = Field(
    "groups", .integer(1...LayerLimits.units), default: 1,
    "Into how many groups channels are cut; divides the input's channels and the filters.")

  /// Reads the activation, which can't be softmax where channels aren't the last axis.
  static func activation(_ reader: inout ObjectReader, axes: Int) -> Activation {
    let activation = reader.activation()
    if axes > 1, !activation.isElementwise {
      reader.fault(
        "activation",
        "\(activation.json.string ?? "it") works on the last axis, which of [filters, H, W] is the width; "
          + "put an activation layer after flatten")
    }
    return activation
  }
}
