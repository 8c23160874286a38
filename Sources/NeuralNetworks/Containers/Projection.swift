import JSON
import Tensors

/// The linear layer on a shortcut that gives it another shape.
///
/// `s(x) = W x`, equation 2 of He et al. 2015, arXiv:1512.03385: a convolution of extent 1, or dense where
/// only the last axis of a vector or sequence changes. It has no bias.
enum Projection {
  /// The layer that makes `target` of `input`.
  ///
  /// - Throws: `ShapeFault` when no 1×1 convolution does, whatever its stride.
  static func layer(from input: Shape, to target: Shape) throws(ShapeFault) -> any Layer {
    let rule = "a 1×1 convolution makes floor((extent - 1) / stride) + 1 of each extent"
    guard input.rank == target.rank, (1...4).contains(input.rank) else {
      throw ShapeFault(
        field: "projection",
        "the layers give \(target) and the shortcut takes \(input), which no projection makes of it",
        rule: rule)
    }
    let isSequence = input.rank <= 2
    let channelAxis = isSequence ? input.rank - 1 : 0
    guard target[channelAxis] <= LayerLimits.units else {
      throw ShapeFault(
        field: "projection", "the layers give \(target), and the shortcut takes \(input)",
        rule: "a projection has at most \(LayerLimits.units) channels")
    }
    var strides: [Int] = []
    for axis in 0..<input.rank where axis != channelAxis {
      let stride = (input[axis] + target[axis] - 1) / target[axis]
      guard (input[axis] - 1) / stride + 1 == target[axis], stride <= LayerLimits.window else {
        throw ShapeFault(
          field: "projection",
          "the layers give \(target) and the shortcut takes \(input); no stride makes "
            + "\(target[axis]) of \(input[axis])",
          rule: rule)
      }
      strides.append(stride)
    }
    let width = target[channelAxis]
    var members = JSONObject([("bias", false)])
    if isSequence, strides.allSatisfy({ $0 == 1 }) {
      members["units"] = .integer(width)
      return decoded(Dense.self, members)
    }
    members["filters"] = .integer(width)
    members["kernel"] = 1
    members["stride"] =
      strides.count == 1 ? .integer(strides[0]) : .array(strides.map(JSON.integer))
    switch strides.count {
    case 1: return decoded(Conv1D.self, members)
    case 2: return decoded(Conv2D.self, members)
    default: return decoded(Conv3D.self, members)
    }
  }

  private static func decoded<L: Layer>(_ type: L.Type, _ members: JSONObject) -> L {
    var reader = ObjectReader(.object(members))
    return L(from: &reader)
  }
}
