import Autodiff
import Tensors

/// Measures one layer's output where it lies, after a forward pass.
///
/// A unit is a channel of an image or volume (`[C, H, W]`), else a feature of the last axis.
struct ActivationProbe {
  /// In which stretch an activation is flat: where its slope is under a hundredth of its largest.
  enum FlatPart: Hashable, Sendable {
    case none
    /// relu and its kin: zero has no slope.
    case zero
    /// `σ(1 - σ) < 0.0025`.
    case sigmoid
    /// `1 - tanh² < 0.01`.
    case tanh

    init(activation: ActivationKind) {
      switch activation {
      case .relu: self = .zero
      case .sigmoid: self = .sigmoid
      case .tanh: self = .tanh
      default: self = .none
      }
    }

    func contains(_ value: Float) -> Bool {
      switch self {
      case .none: false
      case .zero: value == 0
      case .sigmoid: value * (1 - value) < 0.0025
      case .tanh: 1 - value * value < 0.01
      }
    }
  }

  let layer: String
  let flatPart: FlatPart
  /// Examples × groups × units × positions are the elements, in this order.
  private let rows: Int
  private let units: Int
  private let positions: Int

  /// - Parameter shape: of the output, the batch axis first.
  init(layer: String, activation: ActivationKind, shape: Shape) {
    self.layer = layer
    flatPart = FlatPart(activation: activation)
    if shape.rank >= 4 {
      rows = shape[0]
      units = shape[1]
      positions = shape.dropFirst(2).count
    } else {
      units = shape.rank > 1 ? shape[shape.rank - 1] : 1
      rows = shape.count / max(units, 1)
      positions = 1
    }
  }

  func measure(
    _ elements: UnsafePointer<Float>, gradient: UnsafePointer<Float>, step: Int
  ) -> ActivationRecord {
    var sum = 0.0
    var squares = 0.0
    var smallest = Float.infinity
    var largest = -Float.infinity
    var flat = 0
    var finite = 0
    var alive = [Bool](repeating: false, count: units)
    var place = elements
    for _ in 0..<rows {
      for unit in 0..<units {
        var isZero = true
        for position in 0..<positions {
          let value = place[position]
          isZero = isZero && value == 0
          if flatPart.contains(value) { flat += 1 }
          guard value.isFinite else { continue }
          finite += 1
          sum += Double(value)
          squares += Double(value) * Double(value)
          smallest = min(smallest, value)
          largest = max(largest, value)
        }
        if !isZero { alive[unit] = true }
        place += positions
      }
    }
    let count = rows * units * positions
    let mean = finite == 0 ? 0 : sum / Double(finite)
    let variance = finite == 0 ? 0 : max(0, squares / Double(finite) - mean * mean)
    return ActivationRecord(
      step: step, layer: layer, mean: mean, standardDeviation: variance.squareRoot(),
      minimum: finite == 0 ? 0 : Double(smallest), maximum: finite == 0 ? 0 : Double(largest),
      deadFraction: units == 0 ? 0 : Double(alive.count { !$0 }) / Double(units),
      saturatedFraction: count == 0 ? 0 : Double(flat) / Double(count),
      nonFiniteCount: count - finite, effectiveRank: 0,
      gradient: ParameterGradient(norm: 0, largest: 0, mean: 0))
  }
}
