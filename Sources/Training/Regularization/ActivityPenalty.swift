import JSON
import NeuralNetworks
import Optimizers

/// A penalty on what layers put out: an entry of `training.activity_regularization`.
///
/// `(l1 Σ|y| + l2 Σy²) / N` over every element of the layer's output for the batch, `N` its rows, as Keras'
/// `activity_regularizer`.
public struct ActivityPenalty: Hashable, Sendable {
  public let l1: Double
  public let l2: Double
  public let layers: [NamePattern]

  init(_ reader: inout ObjectReader) {
    (l1, l2) = ParameterPenalty.strengths(&reader)
    layers = NamePattern.decoded(&reader, "layers")
    if !reader.has("layers") {
      reader.fault("layers", "is missing; names of layers, with * for any letters")
    }
  }

  /// The layers that are meant, as indices in the model's spec.
  func indices(in model: Model, pointer: String) throws(Faults) -> [Int] {
    let names = model.spec.layers.map(\.name)
    var faults = Faults()
    for (position, pattern) in layers.enumerated()
    where !names.contains(where: pattern.matches) {
      faults.add(
        "\(pointer)/layers/\(position)",
        "\"\(pattern.text)\" matches no layer\(pattern.suggestion(among: names)); there are: "
          + "\(listed(names))")
    }
    try faults.check()
    return names.indices.filter { index in layers.contains { $0.matches(names[index]) } }
  }
}
