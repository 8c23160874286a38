/// How the size of something changes over the layers of a network.
enum DepthSlope {
  /// Layers without which there is no slope.
  static let fewestLayers = 4

  /// The slope of a line through decimal logarithms, from the input to the output, in decades a layer.
  static func slope(_ logarithms: [Double]) -> Double? {
    guard logarithms.count >= 2 else { return nil }
    let mean = logarithms.reduce(0, +) / Double(logarithms.count)
    let middle = Double(logarithms.count - 1) / 2
    var (product, square) = (0.0, 0.0)
    for (index, value) in logarithms.enumerated() {
      product += (Double(index) - middle) * (value - mean)
      square += (Double(index) - middle) * (Double(index) - middle)
    }
    return product / square
  }
}
