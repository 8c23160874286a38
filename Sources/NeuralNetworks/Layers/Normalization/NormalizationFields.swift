import JSON
import Tensors

/// Members that the normalising layers share.
enum NormalizationFields {
  static let epsilon = Field(
    "epsilon", .number(1e-12...1), default: 1e-5, "Added to the variance or mean square.")
  static let affine = Field(
    "affine", .boolean, default: true, "Whether a weight and a bias follow.")

  /// `weight` and `bias` of a shape, which begin as 1 and 0.
  static func affineParameters(_ shape: Shape) -> [LayerParameter] {
    [
      LayerParameter("weight", shape, .constant(value: 1)), LayerParameter("bias", shape, .zeros),
    ]
  }
}
