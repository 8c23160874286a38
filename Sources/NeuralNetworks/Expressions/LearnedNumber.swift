import Expressions
import JSON
import Tensors

/// A number that an activation learns, or one a channel.
public struct LearnedNumber: Hashable, Sendable {
  public let name: String
  public let initial: Double
  public let isPerChannel: Bool

  static let initial = Field(
    "initial", .number(-ExpressionLimits.number...ExpressionLimits.number), isRequired: true,
    "What it begins with.")
  static let perChannel = Field(
    "per_channel", .boolean, default: false, "Whether each channel has its own.")

  var json: JSON {
    guard isPerChannel else { return .number(initial) }
    return ["initial": .number(initial), "per_channel": true]
  }

  /// - Parameter channels: of what the activation is applied to.
  func parameter(prefix: String, channels: Int) -> LayerParameter {
    LayerParameter(
      prefix + name, [isPerChannel ? channels : 1], .constant(value: initial))
  }
}
