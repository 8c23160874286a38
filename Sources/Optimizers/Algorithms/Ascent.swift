/// How far and how sharpness-aware minimisation climbs before the gradient that its step follows.
public struct Ascent: Hashable, Sendable {
  /// ρ, the length of the climb.
  public let radius: Double
  /// Whether each weight moves in proportion to its square, so that the climb doesn't change with the weights' scale.
  public let isAdaptive: Bool
}
