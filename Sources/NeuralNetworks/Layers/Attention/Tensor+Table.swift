import Tensors

extension Tensor {
  /// A tensor of float32 or float64 whose elements are a function of their position.
  static func table(
    _ shape: Shape, _ element: ElementType, _ value: (Int) -> Double
  ) -> Tensor {
    let numbers = (0..<shape.count).map(value)
    return element == .float64
      ? Tensor(numbers, shape: shape) : Tensor(numbers.map { Float($0) }, shape: shape)
  }
}
