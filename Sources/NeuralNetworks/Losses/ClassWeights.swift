import Autodiff
import JSON
import Tensors

/// A weight for each class, as losses over classes take them, and what draws examples by their classes.
public enum ClassWeights {
  public static let field = Field(
    "class_weights", .described("a list of numbers from 0, one a class of the output"),
    "How much a place of each class weighs; all the same by default.")

  /// So many classes may have weights of their own.
  static let most = LayerLimits.units
  static let range = 0.0...1e6

  public static func read(_ reader: inout ObjectReader) -> [Double]? {
    guard let weights = NumberList.read(&reader, field.name, in: range, count: 1...most) else {
      return nil
    }
    if weights.allSatisfy({ $0 == 0 }) {
      reader.fault(field.name, "all are 0; one at least must be larger")
    }
    return weights
  }

  /// What is wrong with their number, if something is.
  static func fault(_ weights: [Double]?, width: Int, output: Shape) -> ShapeFault? {
    guard let weights, weights.count != width else { return nil }
    return ShapeFault(
      field: field.name, "there are \(weights.count) weights, the model's output is \(output)",
      rule: "output […, K] and K weights")
  }

  static func constant(_ weights: [Double]?, in graph: inout Graph) -> Value? {
    weights.map { graph.constant($0, shape: [$0.count]) }
  }
}
