import Foundation
import Testing
import Training

@testable import API

@Suite struct HistogramBinsTests {
  /// Fills a histogram the slow way: each value's bucket by its logarithm.
  private func histogram(of values: [Double]) -> ValueHistogram {
    var histogram = ValueHistogram()
    var counts: [Int: Int] = [:]
    for value in values {
      histogram.count += 1
      if value.isNaN { histogram.nanCount += 1; continue }
      histogram.sum += value
      histogram.sumOfSquares += value * value
      if value == 0 { histogram.zeroCount += 1; continue }
      let step = Int((log2(abs(value)) * 4).rounded(.down)) + 160
      counts[value < 0 ? step + ValueHistogram.bucketsPerSign : step, default: 0] += 1
    }
    let finite = values.filter(\.isFinite)
    histogram.minimum = finite.min() ?? 0
    histogram.maximum = finite.max() ?? 0
    histogram.buckets = counts.sorted { $0.key < $1.key }.map {
      ValueHistogram.Bucket(index: $0.key, count: $0.value)
    }
    return histogram
  }

  private let values = [-3.0, -1.5, -0.2, 0, 0, 0.1, 0.3, 0.31, 2.5, 100, .nan]

  @Test("bins ascend, hold each value between their edges, and lose none")
  func binsHoldEveryValue() {
    let bins = HistogramBins(histogram(of: values))
    #expect(bins.edges == bins.edges.sorted())
    #expect(bins.edges.count == bins.counts.count + 1)
    let counted = values.filter { $0.isFinite && $0 != 0 }
    #expect(bins.counts.reduce(0, +) == counted.count)
    for index in bins.counts.indices {
      let (low, high) = (bins.edges[index], bins.edges[index + 1])
      let inside = counted.count { $0 > 0 ? $0 >= low && $0 < high : $0 > low && $0 <= high }
      #expect(bins.counts[index] == inside, "from \(low) to \(high)")
    }
  }

  @Test("fewer bins are runs of the grid's own, with the same total", arguments: [1, 2, 7, 64])
  func binsMerge(limit: Int) {
    let all = HistogramBins(histogram(of: values))
    let few = HistogramBins(histogram(of: values), limit: limit)
    #expect(few.counts.count <= limit)
    #expect(few.counts.reduce(0, +) == all.counts.reduce(0, +))
    #expect(few.edges.allSatisfy(all.edges.contains))
    #expect(few.edges.first == all.edges.first)
    #expect(few.edges.last == all.edges.last)
  }

  @Test("nothing has no bins and no quantiles")
  func emptyHistogram() {
    #expect(HistogramBins(ValueHistogram()).counts.isEmpty)
    #expect(HistogramBins.quantile(0.5, of: ValueHistogram()) == nil)
  }

  @Test("quantiles lie within the grid's step of the true ones")
  func quantiles() throws {
    let sample = (1...2000).map { Double($0) / 100 }
    let histogram = histogram(of: sample)
    for share in [0.01, 0.25, 0.5, 0.75, 0.99] {
      let expected = sample[Int(share * 1999)]
      let found = try #require(HistogramBins.quantile(share, of: histogram))
      #expect(abs(found / expected - 1) < 0.19, "\(share): \(found) for \(expected)")
    }
    #expect(HistogramBins.quantile(0, of: histogram).map { $0 >= 0.01 } == true)
    #expect(HistogramBins.quantile(1, of: histogram).map { $0 <= 20 } == true)
  }

  @Test("the median of mostly zeros is zero")
  func zeroMedian() {
    let histogram = histogram(of: [-1, 0, 0, 0, 0, 1, 2])
    #expect(HistogramBins.quantile(0.5, of: histogram) == 0)
  }
}
