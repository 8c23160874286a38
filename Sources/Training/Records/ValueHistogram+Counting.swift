import Kernels

extension ValueHistogram {
  /// Counts the elements in one pass.
  init(of elements: UnsafeBufferPointer<Float>) {
    self.init()
    let counted = Histogram(of: elements)
    for (index, count) in counted.counts.enumerated() where count > 0 {
      buckets.append(Bucket(index: index, count: count))
    }
    zeroCount = counted.zeroCount
    positiveUnderflowCount = counted.positiveUnderflowCount
    negativeUnderflowCount = counted.negativeUnderflowCount
    positiveOverflowCount = counted.positiveOverflowCount
    negativeOverflowCount = counted.negativeOverflowCount
    nanCount = counted.nanCount
    positiveInfinityCount = counted.positiveInfinityCount
    negativeInfinityCount = counted.negativeInfinityCount
    count = counted.count
    minimum = counted.minimum
    maximum = counted.maximum
    sum = counted.sum
    sumOfSquares = counted.sumOfSquares
  }
}
