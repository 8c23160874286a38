/// The extents of a tensor's axes, outermost first. No axes means a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  public var dimensions: [Int]

  public init(_ dimensions: [Int]) { self.dimensions = dimensions }
  public init(arrayLiteral elements: Int...) { self.dimensions = elements }

  public var rank: Int { dimensions.count }

  /// How many elements a tensor of this shape has.
  ///
  /// - Precondition: the product fits an `Int`. Shapes from outside are checked with `checkedCount`.
  public var count: Int { dimensions.reduce(1, *) }

  /// The number of elements, or `nil` when it doesn't fit an `Int` or an extent is negative.
  public var checkedCount: Int? {
    var product = 1
    for extent in dimensions {
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      product = value
    }
    return product
  }

  public subscript(axis: Int) -> Int {
    get { dimensions[axis] }
    set { dimensions[axis] = newValue }
  }

  /// Row-major strides, in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The shape with an axis put before all others, such as a batch.
  public func prepending(_ extent: Int) -> Shape { Shape([extent] + dimensions) }

  /// The shape without its first `count` axes.
  public func dropFirst(_ count: Int = 1) -> Shape { Shape(Array(dimensions.dropFirst(count))) }

  /// The common shape of two by NumPy's broadcasting rule, or `nil` when they don't meet.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let a = axis - (rank - self.rank) >= 0 ? dimensions[axis - (rank - self.rank)] : 1
      let b = axis - (rank - other.rank) >= 0 ? other.dimensions[axis - (rank - other.rank)] : 1
      guard a == b || a == 1 || b == 1 else { return nil }
      result[axis] = a == 1 ? b : a
    }
    return Shape(result)
  }

  /// `[64, 1, 28, 28]`, or `[]` for a scalar.
  public var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}
