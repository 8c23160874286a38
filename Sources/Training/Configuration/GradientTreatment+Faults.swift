import JSON
import NeuralNetworks
import Optimizers

extension GradientTreatment {
  /// Patterns of layers that aren't clipped which match none.
  ///
  /// - Parameter pointer: where the `training` object stands.
  func faults(_ model: Model, pointer: String) -> Faults {
    guard case .adaptive(_, _, let except) = clip else { return Faults() }
    let parameters = model.learnedParameters
    let known = model.layers.map(\.name)
    var faults = Faults()
    for (index, pattern) in except.enumerated()
    where !parameters.contains(where: { pattern.matches($0.layer) || pattern.matches($0.name) }) {
      faults.add(
        "\(pointer)/clip/except/\(index)",
        "\"\(pattern.text)\" matches no layer that learns anything and no parameter"
          + nearest(pattern.text, among: known))
    }
    return faults
  }
}
