import Foundation
import HTTP
import Store
import TensorBoard
import Training

/// A run as a TensorBoard event file, made while it is sent.
///
/// Series come one after the other, thinned to `points`; then parameters' norms and histograms.
struct TensorBoardFile: Sendable {
  /// Histograms of a layer or parameter at most.
  static let mostHistograms = 500

  let store: Store
  let run: RunRecord
  let range: StepRange

  /// Seconds since 1970 at which training began.
  private var start: Double { Double(run.startedAt ?? run.createdAt) / 1000 }

  func write(to write: @Sendable ([UInt8]) async throws -> Void) async throws {
    try await write(EventRecord.version(wallTime: start).bytes)
    let source = SeriesSource(store: store, run: run, range: range)
    for name in try await store.history.seriesNames(run.id) {
      try await write(
        try await source.thinned(name).flatMap { point in
          EventRecord.scalar(
            name, Float(point.value ?? .nan), step: point.step, wallTime: start + point.seconds
          ).bytes
        })
    }
    let parameters = try await store.history.parameters(run.id)
    for (position, parameter) in parameters.enumerated() {
      try await writeNorms(ChosenParameter(parameter, at: position), write)
    }
    for quantity in HistogramRecord.Quantity.allCases {
      for key in try await store.history.histogramKeys(run.id, quantity: quantity.rawValue) {
        try await writeHistograms(quantity.rawValue, key.layer, key.parameter, write)
      }
    }
  }

  /// A parameter's step has no time of its own in the store; the run's pace gives it.
  private func time(_ step: Int) -> Double {
    start + run.progress.elapsedSeconds * Double(step) / Double(max(run.progress.step, 1))
  }

  private func writeNorms(
    _ parameter: ChosenParameter, _ write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    let gradients = try await ParameterSource.gradients(
      store, run, range, isClipped: false, [parameter]
    ).thinned()
    try await write(
      gradients.joined().flatMap { step, entry in
        [("l2", entry.norm), ("max_abs", entry.largest)].flatMap { name, value in
          EventRecord.scalar(
            "gradients/\(parameter.name)/\(name)", value, step: step, wallTime: time(step)
          ).bytes
        }
      })
    let updates = try await ParameterSource.updates(store, run, range, [parameter]).thinned()
    try await write(
      updates.joined().flatMap { step, entry in
        [("weight_l2", entry.weightNorm), ("ratio", entry.ratio)].flatMap { name, value in
          EventRecord.scalar(
            "updates/\(parameter.name)/\(name)", value, step: step, wallTime: time(step)
          ).bytes
        }
      })
  }

  private func writeHistograms(
    _ quantity: String, _ layer: String, _ parameter: String?,
    _ write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    var after = range.from - 1
    var written = 0
    while after < range.through, written < Self.mostHistograms {
      let page = try await store.history.histograms(
        run.id, quantity: quantity, layer: layer, parameter: parameter, after: after,
        through: range.through, limit: 100)
      guard let last = page.last else { return }
      var bytes: [UInt8] = []
      for stored in page {
        guard let histogram = ValueHistogram(encoded: stored.data), histogram.finiteCount > 0 else {
          continue
        }
        bytes +=
          EventRecord.histogram(
            "\(quantity)/\(parameter ?? layer)", EventRecord.Histogram(histogram),
            step: stored.step, wallTime: time(stored.step)
          ).bytes
        written += 1
      }
      try await write(bytes)
      after = last.step
    }
  }
}

extension EventRecord.Histogram {
  /// The grid's bins and, where they belong, the zeros: all of the finite elements.
  init(_ histogram: ValueHistogram) {
    let bins = HistogramBins(histogram)
    var limits: [Double] = []
    var counts: [Double] = []
    // Zeros stand in a bucket that ends at the least positive number.
    let zero = Double.leastNonzeroMagnitude
    var hasZeros = histogram.zeroCount == 0
    func addZeros() {
      limits.append(zero)
      counts.append(Double(histogram.zeroCount))
      hasZeros = true
    }
    for index in bins.counts.indices where bins.counts[index] > 0 {
      if !hasZeros, bins.edges[index] >= 0 { addZeros() }
      limits.append(bins.edges[index + 1])
      counts.append(Double(bins.counts[index]))
    }
    if !hasZeros { addZeros() }
    self.init(
      minimum: histogram.minimum, maximum: histogram.maximum, sum: histogram.sum,
      sumOfSquares: histogram.sumOfSquares, limits: limits, counts: counts)
  }
}
