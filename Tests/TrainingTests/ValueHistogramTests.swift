import Foundation
import Testing

@testable import Training

@Suite struct ValueHistogramTests {
  private func histogram(_ values: [Float]) -> ValueHistogram {
    values.withUnsafeBufferPointer { ValueHistogram(of: $0) }
  }

  @Test("zeros, what isn't finite and what the grid can't hold are counted apart")
  func special() {
    let histogram = histogram([
      0, -0.0, .nan, .infinity, -.infinity, -.infinity, 1e-30, -1e-30, -1e-31, 1e30, -1e8, 1,
    ])
    #expect(histogram.count == 12)
    #expect(histogram.zeroCount == 2)
    #expect(histogram.nanCount == 1)
    #expect(histogram.positiveInfinityCount == 1)
    #expect(histogram.negativeInfinityCount == 2)
    #expect(histogram.positiveUnderflowCount == 1)
    #expect(histogram.negativeUnderflowCount == 2)
    #expect(histogram.positiveOverflowCount == 1)
    #expect(histogram.negativeOverflowCount == 1)
    #expect(histogram.buckets.map(\.count) == [1])
    #expect(ValueHistogram.lowerEdge(of: histogram.buckets[0].index) == 1)
    #expect(histogram.minimum == -1e8)
    #expect(histogram.maximum == Double(1e30 as Float))
  }

  @Test("every bucket holds what its edges say, at the edges too")
  func edges() {
    let perSign = ValueHistogram.bucketsPerSign
    for index in stride(from: 0, to: perSign, by: 3) {
      // The first float at or above the edge, and the one before it.
      let edge = ValueHistogram.lowerEdge(of: index)
      var first = Float(edge)
      if Double(first) < edge { first = first.nextUp }
      #expect(histogram([first]).buckets == [.init(index: index, count: 1)])
      #expect(histogram([-first]).buckets == [.init(index: index + perSign, count: 1)])
      if index > 0 {
        #expect(histogram([first.nextDown]).buckets == [.init(index: index - 1, count: 1)])
      }
    }
    #expect(histogram([0x1p24]).positiveOverflowCount == 1)
    #expect(histogram([(0x1p24 as Float).nextDown]).buckets.map(\.index) == [perSign - 1])
    #expect(histogram([(0x1p-40 as Float).nextDown]).positiveUnderflowCount == 1)
  }

  @Test("moments are exact")
  func moments() {
    let histogram = histogram([1, 2, 3, 4, .nan])
    #expect(histogram.mean == 2.5)
    #expect(histogram.variance == 1.25)
    #expect(histogram.finiteCount == 4)
  }
}
