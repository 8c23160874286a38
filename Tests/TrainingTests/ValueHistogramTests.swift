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

  /// One value after another, by the edges as they are stated, in float64.
  private func counted(_ values: [Float]) -> ValueHistogram {
    var result = ValueHistogram()
    let perSign = ValueHistogram.bucketsPerSign
    let edges = (0..<perSign).map { ValueHistogram.lowerEdge(of: $0) }
    var counts: [Int: Int] = [:]
    result.count = values.count
    for value in values {
      let size = Double(value.magnitude)
      let isNegative = value.sign == .minus
      if value.isNaN {
        result.nanCount += 1
      } else if value.isInfinite {
        if isNegative {
          result.negativeInfinityCount += 1
        } else {
          result.positiveInfinityCount += 1
        }
      } else if value == 0 {
        result.zeroCount += 1
      } else if size < edges[0] {
        if isNegative {
          result.negativeUnderflowCount += 1
        } else {
          result.positiveUnderflowCount += 1
        }
      } else if size >= 0x1p24 {
        if isNegative {
          result.negativeOverflowCount += 1
        } else {
          result.positiveOverflowCount += 1
        }
      } else {
        var (low, high) = (0, perSign)
        while high - low > 1 {
          let middle = (low + high) / 2
          if edges[middle] <= size { low = middle } else { high = middle }
        }
        counts[low + (isNegative ? perSign : 0), default: 0] += 1
      }
    }
    result.buckets = counts.keys.sorted().map { .init(index: $0, count: counts[$0]!) }
    let finite = values.filter(\.isFinite)
    result.minimum = finite.min().map(Double.init) ?? 0
    result.maximum = finite.max().map(Double.init) ?? 0
    return result
  }

  private func expectCounts(_ values: [Float]) {
    var found = histogram(values)
    // Sums depend on the order of adding; `HistogramReferenceTests` has them.
    found.sum = 0
    found.sumOfSquares = 0
    #expect(found == counted(values))
  }

  @Test("every exponent, at and beside every edge, of both signs, is counted as one by one")
  func everyExponent() {
    var values: [Float] = []
    for exponent in UInt32(0)...255 {
      for fraction in [UInt32(0), 0x1837F1, 0x3504F4, 0x5744FD, 0x7FFFFF, 0x400000] {
        for distance in [-1, 0, 1] {
          let bits = Int64(exponent << 23 | fraction) + Int64(distance)
          guard (0...0x7FFF_FFFF).contains(bits) else { continue }
          values.append(Float(bitPattern: UInt32(bits)))
          values.append(Float(bitPattern: UInt32(bits) | 0x8000_0000))
        }
      }
    }
    expectCounts(values)
    expectCounts(values.filter(\.isFinite))
    // One at a time, so that none hides behind another.
    for value in values.filter(\.isFinite).prefix(200) { expectCounts([value]) }
  }

  @Test(
    "any bits, in any number, are counted as one by one",
    arguments: [1, 15, 16, 17, 2047, 2049, 70_001])
  func anyBits(count: Int) {
    var state = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
    func next() -> UInt32 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt32(truncatingIfNeeded: state >> 32)
    }
    let values = (0..<count).map { _ in Float(bitPattern: next()) }
    expectCounts(values)
    expectCounts(values.map { $0.isFinite ? $0 : 0.5 })
    // What isn't finite in the second stretch alone.
    expectCounts(values.indices.map { $0 == 2048 ? .nan : Float($0 % 7) - 3 })
  }
}
