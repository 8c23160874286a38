/// A layer with a parameter `weight` of two or more axes that `weight_norm` and `spectral_norm` may stand for.
///
/// Layers whose weight is a matrix of outputs by inputs, with the axes of a kernel, are; those that scale, such as
/// normalisations, aren't, and neither are those of several weights, whose names are others.
protocol NormalizableLayer: Layer {
  /// The axis of the weight that has the outputs, of which spectral norm makes the rows of its matrix.
  static var outputAxis: Int { get }
}

extension NormalizableLayer {
  static var outputAxis: Int { 0 }
}

extension Dense: NormalizableLayer {}
extension Bilinear: NormalizableLayer {}
extension Embedding: NormalizableLayer {}
extension Convolution: NormalizableLayer {}
extension DepthwiseConvolution: NormalizableLayer {}

extension TransposedConvolution: NormalizableLayer {
  static var outputAxis: Int { 1 }
}
