import Foundation
import JSON
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

  @Test("quantiles lie within their bound of NumPy's, over the fixture of the counts")
  func quantileBound() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../TrainingTests/Fixtures/histograms.json")
    let cases = try JSON(parsing: [UInt8](Data(contentsOf: url))).array ?? []
    for expected in cases.prefix(2) {
      let values = (expected["values"]?.array ?? []).compactMap(\.double)
      let found = histogram(of: values)
      let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
      for (share, quantile) in zip(shares, expected["quantiles"]?.array ?? []) {
        let value = try #require(HistogramBins.quantile(share, of: found))
        let wanted = try #require(quantile.double)
        let ratio = value / wanted
        let bound = ValueHistogram.quantileBound
        // Next to zero a bucket's ends are as far apart as the grid's.
        #expect(
          (1 / bound...bound).contains(ratio) || abs(value - wanted) < 1e-3 * found.maximum,
          "\(share): \(value) for \(wanted)")
      }
    }
  }

  @Test("equal bins hold as many as there are, and nearly those that NumPy puts there")
  func linear() {
    let values = (0..<4_000).map { sin(Double($0)) * 2 + 2.5 }
    let bins = HistogramBins(linear: histogram(of: values), count: 20)
    #expect(bins.counts.count == 20)
    #expect(bins.edges.first == values.min())
    #expect(bins.edges.last == values.max())
    #expect(bins.counts.reduce(0, +) == 4_000)
    for index in bins.counts.indices {
      let inside = values.count { $0 >= bins.edges[index] && $0 < bins.edges[index + 1] }
      #expect(abs(bins.counts[index] - inside) < 250, "\(index)")
    }
    let one = HistogramBins(linear: histogram(of: [3, 3]), count: 5)
    #expect(one.counts == [2])
    #expect(HistogramBins(linear: ValueHistogram(), count: 5).counts.isEmpty)
  }
}
