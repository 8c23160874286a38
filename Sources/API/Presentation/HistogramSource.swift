import JSON
import Store
import Training

/// Which histograms a client wants, and how they are put together.
struct HistogramRequest: Sendable {
  /// Over what histograms are added up.
  enum Merge: String, Sendable, CaseIterable {
    case none, steps, layers, all

    var joinsSteps: Bool { self == .steps || self == .all }
  }

  let quantity: String
  /// Layers or parameters; `nil` for all.
  let names: [String]?
  /// `nil` for the newest that there is.
  let steps: ClosedRange<Int>?
  /// Whether one step was named, which then has to have some.
  let isOneStep: Bool
  let merge: Merge
}

/// Histograms of an answer: as they were taken, or several added up.
struct ShownHistogram: Sendable {
  /// `nil` when it's of several layers.
  let layer: String?
  /// `nil` when it's of a layer, or of several parameters.
  let parameter: String?
  /// Of the first and last of the steps it's of.
  var steps: ClosedRange<Int>
  var histogram: ValueHistogram
}

/// The histograms of a run, read and put together.
struct HistogramSource: Sendable {
  /// Histograms of an answer at most, and of those that are added up.
  static let mostShown = 10_000
  static let mostMerged = 200_000
  private static let page = 1_000

  let store: Store
  let run: RunRecord
  let request: HistogramRequest

  /// By layer, parameter and step.
  ///
  /// - Throws: `Problem` for a name or step that has none, with those that have, and for more than an answer may hold.
  func histograms() async throws -> [ShownHistogram] {
    let keys = try await chosenKeys()
    guard !keys.isEmpty, let steps = try await range(of: keys) else { return [] }
    var shown: [ShownHistogram] = []
    /// For each step, where its sum stands.
    var byStep: [Int: Int] = [:]
    var read = 0
    for key in keys {
      var after = steps.lowerBound - 1
      var own: ShownHistogram?
      while true {
        let page = try await store.history.histograms(
          run.id, quantity: request.quantity, layer: key.layer, parameter: key.parameter,
          after: after, through: steps.upperBound, limit: Self.page)
        read += page.count
        if read > (request.merge == .none ? Self.mostShown : Self.mostMerged) { throw tooMany() }
        for stored in page {
          guard let histogram = ValueHistogram(encoded: stored.data) else { continue }
          let step = stored.step...stored.step
          switch request.merge {
          case .none:
            shown.append(
              ShownHistogram(
                layer: key.layer, parameter: key.parameter, steps: step, histogram: histogram))
          case .steps:
            own = Self.sum(own, histogram, step, layer: key.layer, parameter: key.parameter)
          case .layers:
            if let place = byStep[stored.step] {
              shown[place].histogram += histogram
            } else {
              byStep[stored.step] = shown.count
              shown.append(
                ShownHistogram(layer: nil, parameter: nil, steps: step, histogram: histogram))
            }
          case .all:
            shown = [
              Self.sum(shown.first, histogram, step, layer: nil, parameter: nil)
            ]
          }
        }
        guard page.count == Self.page, let last = page.last else { break }
        after = last.step
      }
      if let own { shown.append(own) }
    }
    return request.merge == .layers
      ? shown.sorted { $0.steps.lowerBound < $1.steps.lowerBound } : shown
  }

  private static func sum(
    _ sum: ShownHistogram?, _ histogram: ValueHistogram, _ steps: ClosedRange<Int>, layer: String?,
    parameter: String?
  ) -> ShownHistogram {
    guard var sum else {
      return ShownHistogram(
        layer: layer, parameter: parameter, steps: steps, histogram: histogram)
    }
    sum.histogram += histogram
    sum.steps =
      min(sum.steps.lowerBound, steps.lowerBound)...max(sum.steps.upperBound, steps.upperBound)
    return sum
  }

  private func chosenKeys() async throws -> [(layer: String, parameter: String?)] {
    let keys = try await store.history.histogramKeys(run.id, quantity: request.quantity)
    guard let names = request.names else { return keys }
    let known = keys.flatMap { [$0.layer] + ($0.parameter.map { [$0] } ?? []) }
    var faults = Faults()
    for name in names where !keys.isEmpty && !known.contains(name) {
      faults.add(
        "/layer",
        "\"\(name.prefix(80))\" has no histograms of \(request.quantity)\(nearest(name, among: known)); "
          + "there are: \(Self.listed(known))")
    }
    if !faults.isEmpty { throw Problem(query: faults) }
    return keys.filter { key in
      names.contains(key.layer) || key.parameter.map(names.contains) == true
    }
  }

  private static func listed(_ names: [String]) -> String {
    var seen: [String] = []
    for name in names where !seen.contains(name) { seen.append(name) }
    return seen.prefix(40).joined(separator: ", ") + (seen.count > 40 ? ", …" : "")
  }

  private func range(
    of keys: [(layer: String, parameter: String?)]
  ) async throws -> ClosedRange<Int>? {
    let taken = try await store.history.histogramRange(run.id, quantity: request.quantity)
    guard let steps = request.steps else { return taken.map { $0.upperBound...$0.upperBound } }
    guard request.isOneStep, let taken, let key = keys.first else { return steps }
    let near = try await store.history.histogramSteps(
      run.id, quantity: request.quantity, layer: key.layer, parameter: key.parameter,
      around: steps.lowerBound)
    if near.contains(steps.lowerBound) { return steps }
    let detail =
      "no histograms were taken at step \(steps.lowerBound); the nearest are those of "
      + "\(near.map(String.init).joined(separator: " and ")), the first of \(taken.lowerBound), the last of "
      + "\(taken.upperBound)"
    throw Problem(query: Faults([Fault(pointer: "/step", detail: detail)]))
  }

  private func tooMany() -> Problem {
    let detail =
      request.merge == .none
      ? "there are more than \(Self.mostShown) histograms in this range; narrow from_step and to_step or layer, "
        + "or have them added up with merge"
      : "there are more than \(Self.mostMerged) histograms to add up; narrow from_step and to_step or layer"
    return Problem(query: Faults([Fault(pointer: "/from_step", detail: detail)]))
  }
}
