/// How the elements of one tensor are spread, at one step.
public struct HistogramRecord: Sendable {
  /// What the elements are; the raw value is what a client asks for.
  public enum Quantity: String, Hashable, Sendable, CaseIterable, Codable {
    /// Before clipping.
    case gradient
    /// Before the step's update.
    case weight
    /// After the step less before it.
    case update
    /// A layer's output.
    case activation
    /// The loss's gradient with respect to a layer's output.
    case activationGradient = "activation_gradient"
  }

  public let step: Int
  public let quantity: Quantity
  public let layer: String
  /// The parameter's full name; `nil` for what is of a layer.
  public let parameter: String?
  public let histogram: ValueHistogram

  public init(
    step: Int, quantity: Quantity, layer: String, parameter: String?, histogram: ValueHistogram
  ) {
    self.step = step
    self.quantity = quantity
    self.layer = layer
    self.parameter = parameter
    self.histogram = histogram
  }
}
