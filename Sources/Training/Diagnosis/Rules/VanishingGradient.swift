import Foundation

/// Gradients that lose a factor a layer on their way from the loss to the input.
///
/// Relative where others compare with a fixed smallness: what counts is the slope of the logarithm over depth, of gradients
/// divided by √n so that layers of any size compare. Hochreiter 1991; Bengio et al. 1994.
public enum VanishingGradient: Rule {
  public static let name = "vanishing_gradient"
  public static let summary =
    "The weights' gradients fall from the output towards the input by a factor a layer."
  static let decadesPerLayer = 0.2
  static let decades = 2.0
  static let criticalDecades = 4.0
  public static let thresholds = [
    Finding.Figure("threshold_decades_per_layer", decadesPerLayer),
    Finding.Figure("threshold_decades", decades),
  ]

  public static func look(at evidence: Evidence) -> [Finding] {
    let sizes = evidence.gradientSizes
    guard let slope = evidence.gradientSlope, slope >= decadesPerLayer, let first = sizes.first,
      let last = sizes.last, last.size - first.size >= decades
    else { return [] }
    let fall = last.size - first.size
    return [
      finding(
        fall >= criticalDecades ? .critical : .warning, layer: first.layer,
        steps: evidence.recentSteps,
        [
          ("decades_per_layer", slope), ("decades", fall), ("layers", Double(sizes.count)),
          ("gradient_rms_first", pow(10, first.size)), ("gradient_rms_last", pow(10, last.size)),
        ],
        "The gradient of \"\(first.layer)\" is \(figure(pow(10, fall))) times smaller than that of "
          + "\"\(last.layer)\": it falls by a factor of \(figure(pow(10, slope))) a layer over \(sizes.count) layers.",
        advice:
          "Use activations with slope 1 (relu with he_normal), residual connections or normalisation between "
          + "these layers.", field: "/model/layers")
    ]
  }
}

extension Evidence {
  /// The decimal logarithm of each layer's mean weight gradient, from the input to the output: its root mean square an
  /// element, over the newest steps.
  var gradientSizes: [(layer: String, size: Double)] {
    var sizes: [(layer: String, size: Double)] = []
    for (parameter, memory) in zip(facts.parameters, gradients) where parameter.isWeight {
      let newest = min(16, memory.recent.count)
      guard newest > 0, let logarithm = memory.logMean(ofNewest: newest) else { continue }
      let size = logarithm / M_LN10 - 0.5 * log10(Double(max(parameter.count, 1)))
      if sizes.last?.layer == parameter.layer {
        sizes[sizes.count - 1].size = max(sizes[sizes.count - 1].size, size)
      } else {
        sizes.append((parameter.layer, size))
      }
    }
    return sizes
  }

  /// In decades a layer, above 0 where gradients vanish towards the input; `nil` for fewer than four layers.
  public var gradientSlope: Double? {
    let sizes = gradientSizes
    guard sizes.count >= DepthSlope.fewestLayers else { return nil }
    return DepthSlope.slope(sizes.map(\.size))
  }

  /// The steps that newest values are of.
  var recentSteps: ClosedRange<Int> {
    let first = self["train_loss"].recent.first?.step ?? step
    return min(first, step)...step
  }
}
