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

/// Axes joined where all operands step on evenly, which leaves few and long runs.
struct JoinedAxes {
  private(set) var extents: [Int] = []
  /// For each operand, its step along each of the joined axes.
  private(set) var strides: [[Int]]

  init(extents: [Int], strides: [[Int]]) {
    self.strides = strides.map { _ in [] }
    for axis in extents.indices where extents[axis] != 1 {
      if let last = self.extents.indices.last,
        strides.indices.allSatisfy({
          self.strides[$0][last] == strides[$0][axis] * extents[axis]
        })
      {
        self.extents[last] *= extents[axis]
        for operand in strides.indices { self.strides[operand][last] = strides[operand][axis] }
      } else {
        self.extents.append(extents[axis])
        for operand in strides.indices { self.strides[operand].append(strides[operand][axis]) }
      }
    }
    prepend(to: 1)
  }

  /// Axes as they are.
  init(kept extents: [Int], strides: [[Int]]) {
    self.extents = extents
    self.strides = strides
  }

  /// Cuts a last axis of many elements in rows.
  mutating func cutRun(longerThan length: Int) {
    let last = extents.count - 1
    let extent = extents[last]
    guard extents.count == 1, extent > length, extent % 1024 == 0 else { return }
    extents = [extent / 1024, 1, 1024]
    strides = strides.map { [$0[last] * 1024, 0, $0[last]] }
  }

  /// Axes of one element before all others, until there are `rank`.
  mutating func prepend(to rank: Int) {
    while extents.count < rank {
      extents.insert(1, at: 0)
      for operand in strides.indices { strides[operand].insert(0, at: 0) }
    }
  }
}

extension Shape {
  /// Strides of this shape's elements when repeated to `shape`: 0 along repeated axes.
  public func strides(repeatedTo shape: Shape) -> [Int] {
    let own = strides
    let added = shape.rank - rank
    return (0..<shape.rank).map { axis in
      axis < added || dimensions[axis - added] == 1 ? 0 : own[axis - added]
    }
  }
}
