import Training

/// A histogram as contiguous bins in the order of their values, with exact counts.
///
/// The bins are those of the histogram's own logarithmic grid, or runs of neighbours among them when
/// fewer are asked for; so no count is ever an estimate. Zeros and what isn't finite are counted apart.
struct HistogramBins: Equatable {
  /// One more than `counts`; ascending.
  private(set) var edges: [Double] = []
  private(set) var counts: [Int] = []

  /// - Parameter limit: how many bins at most; `nil` for the whole grid between the extremes.
  init(_ histogram: ValueHistogram, limit: Int? = nil) {
    let cells = HistogramBins.cells(histogram)
    guard let first = cells.first, let last = cells.last else { return }
    let positions = first.position...last.position
    let width: Int
    if let limit, positions.count > limit {
      width = (positions.count + limit - 1) / max(limit, 1)
    } else {
      width = 1
    }
    var next = cells[...]
    var start = positions.lowerBound
    edges.append(HistogramBins.lowerEdge(start, histogram))
    while start <= positions.upperBound {
      let end = min(start + width - 1, positions.upperBound)
      var count = 0
      while let cell = next.first, cell.position <= end {
        count += cell.count
        next.removeFirst()
      }
      counts.append(count)
      edges.append(HistogramBins.lowerEdge(end + 1, histogram))
      start = end + 1
    }
  }

  /// Equal bins between the extremes, over which the counts of the grid's bins are spread evenly: estimates, but that all
  /// of them together are as many as there are.
  init(linear histogram: ValueHistogram, count: Int) {
    let cells = HistogramBins.cells(histogram)
    guard !cells.isEmpty else { return }
    let (low, high) = (histogram.minimum, histogram.maximum)
    guard high > low else {
      edges = [low, high]
      counts = [cells.reduce(0) { $0 + $1.count }]
      return
    }
    let width = (high - low) / Double(count)
    edges = (0..<count).map { low + Double($0) * width } + [high]
    var shares = [Double](repeating: 0, count: count)
    for cell in cells {
      let start = max(HistogramBins.lowerEdge(cell.position, histogram), low)
      let end = min(HistogramBins.lowerEdge(cell.position + 1, histogram), high)
      func bin(_ value: Double) -> Int { min(count - 1, max(0, Int((value - low) / width))) }
      guard end > start else {
        shares[bin(start)] += Double(cell.count)
        continue
      }
      for index in bin(start)...bin(end) {
        let overlap = min(end, edges[index + 1]) - max(start, edges[index])
        shares[index] += Double(cell.count) * max(0, overlap) / (end - start)
      }
    }
    // Rounded so that every stretch from the left holds as many as it should, to a half.
    var (sum, taken) = (0.0, 0)
    counts = shares.map { share in
      sum += share
      let count = Int(sum.rounded()) - taken
      taken += count
      return count
    }
  }

  /// A value below which a share of the finite elements lies, interpolated within its bin.
  static func quantile(_ share: Double, of histogram: ValueHistogram) -> Double? {
    guard histogram.finiteCount > 0 else { return nil }
    let rank = share * Double(histogram.finiteCount - 1)
    var cells = cells(histogram)
    if histogram.zeroCount > 0 {
      let place = cells.firstIndex { $0.position >= 0 } ?? cells.count
      cells.insert(Cell(position: 0, count: histogram.zeroCount, isZero: true), at: place)
    }
    var below = 0.0
    for cell in cells {
      let count = Double(cell.count)
      if rank < below + count {
        if cell.isZero { return 0 }
        let lower = lowerEdge(cell.position, histogram)
        let upper = lowerEdge(cell.position + 1, histogram)
        let value = lower + (upper - lower) * (rank - below + 0.5) / count
        return min(max(value, histogram.minimum), histogram.maximum)
      }
      below += count
    }
    return histogram.maximum
  }

  /// A bin that holds something. Positions ascend with the values: 0 holds what is positive and
  /// below the grid, 1 the grid's first positive bin; -1 what is negative and above the grid's
  /// negative bins, -2 the first of those.
  private struct Cell {
    let position: Int
    let count: Int
    var isZero = false
  }

  private static let perSign = ValueHistogram.bucketsPerSign

  private static func cells(_ histogram: ValueHistogram) -> [Cell] {
    var cells = [
      Cell(position: 0, count: histogram.positiveUnderflowCount),
      Cell(position: -1, count: histogram.negativeUnderflowCount),
      Cell(position: perSign + 1, count: histogram.positiveOverflowCount),
      Cell(position: -perSign - 2, count: histogram.negativeOverflowCount),
    ]
    for bucket in histogram.buckets {
      let index = bucket.index % perSign
      let position = bucket.index < perSign ? index + 1 : -index - 2
      cells.append(Cell(position: position, count: bucket.count))
    }
    return cells.filter { $0.count > 0 }.sorted { $0.position < $1.position }
  }

  /// The least value that the cell at a position may hold; the extremes end the open cells.
  private static func lowerEdge(_ position: Int, _ histogram: ValueHistogram) -> Double {
    switch position {
    case ..<(-perSign - 1): histogram.minimum
    case ..<0: -magnitude(-position - 1)
    case 0: 0
    case 1...(perSign + 1): magnitude(position - 1)
    default: histogram.maximum
    }
  }

  /// `2^(-40 + step/4)`.
  private static func magnitude(_ step: Int) -> Double {
    step == 0 ? ValueHistogram.lowerEdge(of: 0) : ValueHistogram.upperEdge(of: step - 1)
  }
}
