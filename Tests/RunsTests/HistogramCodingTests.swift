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
    // A second bucket as far from the first as 63 bits can say.
    let far = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
    let header = Array(bytes[..<33]) + [UInt8](repeating: 0, count: 9) + [2, 1, 1]
    #expect(ValueHistogram(encoded: header + far + [1]) == nil)
  }
}
