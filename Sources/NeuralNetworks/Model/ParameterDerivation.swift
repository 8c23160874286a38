import Autodiff
import Tensors

/// How a parameter begins that is a function of others of its layer, named as the layer names them.
public enum ParameterDerivation: Hashable, Sendable {
  /// The length of each row: of all elements that have one place along the first axis.
  case rowLengths(of: String)
  /// The unit vector u for which |uᵀ W| is largest, found from what the parameter was drawn as by 15 power
  /// iterations; W has the places along `axis` as rows and all others as columns.
  case leftSingularVector(of: String, axis: Int)
  /// Wᵀ u at unit length.
  case rightSingularVector(of: String, left: String, axis: Int)

  private static let iterations = 15

  /// Writes the parameter's elements.
  ///
  /// - Parameter store: holds what the parameter is derived from already.
  func fill(_ parameter: ParameterDescription, in store: ParameterStore) {
    switch store.element {
    case .float64: fill(parameter, in: store, Double.self)
    default: fill(parameter, in: store, Float.self)
    }
  }

  private func fill<Element: BinaryFloatingPoint & Sendable>(
    _ parameter: ParameterDescription, in store: ParameterStore, _ element: Element.Type
  ) {
    func buffer(_ name: String) -> (UnsafeMutableBufferPointer<Element>, Shape)? {
      store.index(of: "\(parameter.layer).\(name)").map { index in
        (store.bytes(index).bindMemory(to: Element.self), store.shapes[index])
      }
    }
    guard let own = store.index(of: parameter.name) else { return }
    let target = store.bytes(own).bindMemory(to: Element.self)
    func write(_ numbers: [Double]) {
      for (index, number) in numbers.enumerated() { target[index] = Element(number) }
    }
    switch self {
    case .rowLengths(let source):
      guard let (elements, _) = buffer(source) else { return }
      let width = elements.count / target.count
      write(
        target.indices.map { row in
          let sum = elements[row * width..<(row + 1) * width].reduce(0.0) {
            $0 + Double($1) * Double($1)
          }
          return sum.squareRoot()
        })
    case .leftSingularVector(let source, let axis):
      guard let (elements, shape) = buffer(source) else { return }
      let matrix = WeightMatrix(elements: elements, shape: shape, axis: axis)
      var left = target.map(Double.init)
      for _ in 0..<ParameterDerivation.iterations {
        left = normalized(matrix.product(normalized(matrix.transposedProduct(left))))
      }
      write(left)
    case .rightSingularVector(let source, let left, let axis):
      guard let (elements, shape) = buffer(source), let (left, _) = buffer(left) else { return }
      let matrix = WeightMatrix(elements: elements, shape: shape, axis: axis)
      write(normalized(matrix.transposedProduct(left.map(Double.init))))
    }
  }

  private func normalized(_ vector: [Double]) -> [Double] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / max(length, 1e-12) }
  }
}

/// A weight as a matrix whose rows are the places along one axis.
private struct WeightMatrix<Element: BinaryFloatingPoint> {
  let elements: UnsafeMutableBufferPointer<Element>
  let rows: Int
  /// The extents before the axis, and behind it.
  let outer: Int
  let inner: Int

  init(elements: UnsafeMutableBufferPointer<Element>, shape: Shape, axis: Int) {
    self.elements = elements
    rows = shape[axis]
    outer = shape.dimensions[..<axis].reduce(1, *)
    inner = shape.dimensions[(axis + 1)...].reduce(1, *)
  }

  /// W x.
  func product(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: rows)
    var place = 0
    for o in 0..<outer {
      for row in 0..<rows {
        var sum = 0.0
        for i in 0..<inner { sum += Double(elements[place + i]) * x[o * inner + i] }
        y[row] += sum
        place += inner
      }
    }
    return y
  }

  /// Wᵀ x.
  func transposedProduct(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: outer * inner)
    var place = 0
    for o in 0..<outer {
      for row in 0..<rows {
        for i in 0..<inner { y[o * inner + i] += Double(elements[place + i]) * x[row] }
        place += inner
      }
    }
    return y
  }
}
