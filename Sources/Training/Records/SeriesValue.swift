/// A value of a scalar series that has a point now and then, such as `gradient_noise_scale`.
public struct SeriesValue: Hashable, Sendable, Codable {
  /// The series, with a dot and the parameter or the pair of terms where it is of one: `gradient_cosine.hidden.weight`.
  public let name: String
  public let step: Int
  /// Of training, when it was taken.
  public let seconds: Double
  /// May be NaN or infinite; it is then shown as null.
  public let value: Double

  public init(name: String, step: Int, seconds: Double, value: Double) {
    self.name = name
    self.step = step
    self.seconds = seconds
    self.value = value
  }
}
