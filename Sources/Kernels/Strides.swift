import Tensors

/// Up to eight numbers, such as a shape, kept without an array so that arguments stay plain.
struct Extents {
  var count: Int
  var values: InlineArray<8, Int64> = .init(repeating: 0)

  init(_ numbers: [Int]) {
    count = Swift.min(numbers.count, 8)
    for index in 0..<count { values[index] = Int64(numbers[index]) }
  }

  @inline(__always)
  func withPointer<Result>(_ body: (UnsafePointer<Int64>?) -> Result) -> Result {
    values.span.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

/// Axes joined where two operands both step on evenly, which leaves few and long runs.
struct JoinedAxes {
  var extents: [Int]
  var a: [Int]
  var b: [Int]

  init(extents: [Int], a: [Int], b: [Int]) {
    self.extents = []
    self.a = []
    self.b = []
    for axis in extents.indices where extents[axis] != 1 {
      if let last = self.extents.indices.last,
        self.a[last] == a[axis] * extents[axis], self.b[last] == b[axis] * extents[axis]
      {
        self.extents[last] *= extents[axis]
        self.a[last] = a[axis]
        self.b[last] = b[axis]
      } else {
        self.extents.append(extents[axis])
        self.a.append(a[axis])
        self.b.append(b[axis])
      }
    }
    if self.extents.isEmpty {
      self.extents = [1]
      self.a = [0]
      self.b = [0]
    }
  }
}

extension Shape {
  /// Strides of this shape's elements when repeated to `shape`: 0 along repeated axes.
  func strides(repeatedTo shape: Shape) -> [Int] {
    let own = strides
    let added = shape.rank - rank
    return (0..<shape.rank).map { axis in
      axis < added || dimensions[axis - added] == 1 ? 0 : own[axis - added]
    }
  }
}
