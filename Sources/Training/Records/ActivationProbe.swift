import Kernels
import NeuralNetworks
import Tensors

/// Measures one layer's output, and the loss's gradient there, where they lie after a pass.
///
/// A unit is a channel of an image or volume (`[C, H, W]`), else a feature of the last axis.
struct ActivationProbe {
  /// Observed batches over which a unit has to be zero to count as dead.
  static let deadWindow = 5

  let layer: String
  private let flat: FlatOutputs
  private let layout: UnitLayout

  /// - Parameter shape: of the output, the batch axis first.
  init(layer: String, activation: Activation, shape: Shape) {
    self.layer = layer
    flat = activation.flatOutputs
    if shape.rank >= 4 {
      layout = UnitLayout(
        rows: shape[0], units: shape[1], positions: shape.dropFirst(2).count)
    } else {
      let units = shape.rank > 1 ? shape[shape.rank - 1] : 1
      layout = UnitLayout(rows: shape.count / max(units, 1), units: units, positions: 1)
    }
  }

  /// - Parameter past: which units weren't zero in the observed batches before, newest last; takes this one in.
  func measure(
    _ elements: UnsafePointer<Float>, gradient: UnsafePointer<Float>, step: Int,
    past: inout [[UInt8]]
  ) -> ActivationRecord {
    let found = ActivationStatistics(
      of: elements, count: layout.count, flatAtMost: flat.atMost, atLeast: flat.atLeast)
    // Batches of another shape have units of the same number, but for layers without a unit axis.
    past.removeAll { $0.count != layout.units }
    past.append(layout.alive(elements))
    if past.count > Self.deadWindow { past.removeFirst(past.count - Self.deadWindow) }
    let dead = (0..<layout.units).count { unit in past.allSatisfy { $0[unit] == 0 } }
    return ActivationRecord(
      step: step, layer: layer, mean: found.mean, standardDeviation: found.standardDeviation,
      minimum: found.minimum, maximum: found.maximum,
      deadFraction: layout.units == 0 ? 0 : Double(dead) / Double(layout.units),
      saturatedFraction: layout.count == 0 ? 0 : Double(found.flatCount) / Double(layout.count),
      nonFiniteCount: layout.count - found.finiteCount,
      effectiveRank: layout.effectiveRank(elements),
      gradient: ParameterGradient(
        GradientStatistics(of: gradient, count: layout.count), count: layout.count))
  }
}
