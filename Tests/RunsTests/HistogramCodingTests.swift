import Foundation
import Testing
import Training

@testable import Runs

@Suite struct HistogramCodingTests {
  private static var sample: ValueHistogram {
    var histogram = ValueHistogram()
    histogram.count = 300
    histogram.minimum = -2
    histogram.maximum = 7.5
    histogram.sum = 12.25
    histogram.sumOfSquares = 99
    histogram.zeroCount = 128
    histogram.nanCount = 1
    histogram.negativeInfinityCount = 70_000
    histogram.buckets = [
      .init(index: 0, count: 1), .init(index: 200, count: 127),
      .init(index: 2 * ValueHistogram.bucketsPerSign - 1, count: 3_000_000_000),
    ]
    return histogram
  }

  @Test("a histogram comes back as it was")
  func roundTrip() {
    #expect(ValueHistogram(encoded: Self.sample.encoded()) == Self.sample)
    #expect(ValueHistogram(encoded: ValueHistogram().encoded()) == ValueHistogram())
  }

  @Test("bytes that are cut off or changed are no histogram, and never a crash")
  func garbage() {
    let bytes = Self.sample.encoded()
    for length in 0..<bytes.count {
      #expect(ValueHistogram(encoded: Array(bytes[..<length])) == nil)
    }
    for place in bytes.indices {
      for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[place] = value
        _ = ValueHistogram(encoded: changed)
      }
    }
    // In version 1, which is still read: a second bucket as far from the first as 63 bits can say.
    let far = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
    let header = [1] + [UInt8](repeating: 0, count: 32 + 9) + [2, 1, 1]
    #expect(ValueHistogram(encoded: header + far + [1]) == nil)
    let two = ValueHistogram(encoded: header + [5, 9])
    #expect(two?.buckets == [.init(index: 1, count: 1), .init(index: 6, count: 9)])
  }

  @Test("buckets of any counts come back", arguments: 0..<20)
  func anyCounts(seed: Int) {
    var state = UInt64(seed) &* 6_364_136_223_846_793_005 &+ 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 20
    }
    var histogram = ValueHistogram()
    histogram.minimum = -Double(next())
    histogram.maximum = 0.1
    histogram.buckets = stride(from: 0, to: 2 * ValueHistogram.bucketsPerSign, by: 1 + seed)
      .map { .init(index: $0, count: Int(next() >> (next() % 44)) + 1) }
    #expect(ValueHistogram(encoded: histogram.encoded()) == histogram)
  }

  @Test("the histogram of a large bell-shaped tensor takes fewer than 300 bytes")
  func isSmall() {
    var histogram = ValueHistogram()
    var state: UInt64 = 7
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }
    var counts: [Int: Int] = [:]
    for _ in 0..<200_000 {
      let value = (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
      let index = Int((log2(abs(value)) * 4).rounded(.down)) + 160
      counts[value < 0 ? index + ValueHistogram.bucketsPerSign : index, default: 0] += 1
      histogram.count += 1
      histogram.sum += value
      histogram.sumOfSquares += value * value
    }
    histogram.buckets = counts.sorted { $0.key < $1.key }.map {
      .init(index: $0.key, count: $0.value)
    }
    #expect(histogram.buckets.count > 100)
    #expect(histogram.encoded().count < 300, "\(histogram.encoded().count)")
  }
}
