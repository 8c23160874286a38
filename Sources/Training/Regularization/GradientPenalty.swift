import JSON

/// A penalty on how fast the loss or the output changes with the input: `training.gradient_penalty`.
///
/// `weight · (1/N) Σ_i (‖∇_i‖ - target)²`, `∇_i` the gradient with respect to all numbers of example `i`. Of the loss with a
/// target of 0 it is the double backpropagation of Drucker and Le Cun 1992, doi:10.1109/72.165600; of the output with a
/// target of 1 that of Gulrajani et al. 2017, arXiv:1704.00028, at the examples themselves.
public struct GradientPenalty: Hashable, Sendable {
  /// Whose gradient it is.
  public enum Quantity: String, Hashable, Sendable, CaseIterable {
    /// Of an example's loss, taken as `N` times what it adds to the mean of the batch.
    case loss
    /// Of the sum of an example's outputs.
    case output
  }

  public let weight: Double
  public let target: Double
  public let quantity: Quantity

  /// What is added to a squared norm before its root is taken, which has no derivative at 0.
  static let smallestSquare = 1e-12

  init?(_ training: inout ObjectReader) {
    guard var reader = training.reader("gradient_penalty") else { return nil }
    let weight = reader.double("weight", in: 0...1e6)
    if !reader.has("weight") {
      reader.fault("weight", "is missing; by what the mean of the squares is multiplied")
    } else if weight == 0 {
      reader.fault("weight", "is 0, which penalises nothing; leave gradient_penalty out")
    }
    target = reader.double("target", in: 0...1e6) ?? 0
    quantity =
      reader.string("of", in: Quantity.allCases.map(\.rawValue)).flatMap(Quantity.init) ?? .loss
    self.weight = weight ?? 0
    training.add(reader.finish())
  }
}
