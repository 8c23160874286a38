import Foundation

/// Activations whose spread grows or falls over depth before anything was learned.
public enum Initialisation: Rule {
  public static let name = "initialisation"
  public static let summary =
    "At the first step the standard deviation of the layers' outputs grows or falls by a factor a layer."
  static let decadesPerLayer = 0.15
  static let decades = 1.0
  public static let thresholds = [
    Finding.Figure("threshold_decades_per_layer", decadesPerLayer),
    Finding.Figure("threshold_decades", decades),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let weighted = Set(evidence.facts.parameters.filter(\.isWeight).map(\.layer))
    let sizes: [(layer: String, size: Double)] = evidence.facts.layers.compactMap { layer in
      guard weighted.contains(layer.name), !layer.isOutput,
        let first = evidence.layers[layer.name]?.standardDeviation.past.first, first.step == 1,
        first.value > 0
      else { return nil }
      return (layer.name, log10(first.value))
    }
    guard sizes.count >= DepthSlope.fewestLayers, let slope = DepthSlope.slope(sizes.map(\.size)),
      let first = sizes.first, let last = sizes.last, abs(slope) >= decadesPerLayer,
      abs(last.size - first.size) >= decades
    else { return [] }
    let word = slope > 0 ? "grows" : "falls"
    return [
      finding(
        .warning, layer: last.layer, steps: 1...1,
        [
          ("decades_per_layer", slope), ("standard_deviation_first", pow(10, first.size)),
          ("standard_deviation_last", pow(10, last.size)),
        ],
        "Before anything is learned the spread of the outputs \(word) from \(figure(pow(10, first.size))) in "
          + "\"\(first.layer)\" to \(figure(pow(10, last.size))) in \"\(last.layer)\".",
        advice:
          "Begin with he_normal behind rectifiers and glorot_uniform behind tanh, or normalise between layers.",
        field: "/model/layers")
    ]
  }
}
