import Kernels

extension ValueHistogram {
  /// Counts the elements in one pass.
  init(of elements: UnsafeBufferPointer<Float>) {
    let counter = Histogram()
    if let start = elements.baseAddress { counter.count(start, count: elements.count) }
    self.init(counter)
  }

  /// What was counted.
  init(_ counted: Histogram) {
    self.init()
    buckets.reserveCapacity(128)
    counted.forEachBucket { buckets.append(Bucket(index: $0, count: $1)) }
    let contents = counted.contents
    zeroCount = Int(contents.zero)
    positiveUnderflowCount = Int(contents.positive_underflow)
    negativeUnderflowCount = Int(contents.negative_underflow)
    positiveOverflowCount = Int(contents.positive_overflow)
    negativeOverflowCount = Int(contents.negative_overflow)
    nanCount = Int(contents.nan_count)
    positiveInfinityCount = Int(contents.positive_infinity)
    negativeInfinityCount = Int(contents.negative_infinity)
    count = Int(contents.count)
    minimum = contents.minimum.isFinite ? contents.minimum : 0
    maximum = contents.maximum.isFinite ? contents.maximum : 0
    sum = contents.sum
    sumOfSquares = contents.sum_of_squares
  }
}
