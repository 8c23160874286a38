import JSON
import Store

/// The points of a run's series, a page at a time, so that memory doesn't grow with them.
struct SeriesSource: Sendable {
  private static let page = 5_000

  let store: Store
  let run: RunRecord
  let range: StepRange

  /// Hands on the points of one series in order.
  func forEachPage(
    _ name: String, _ body: ([PointRecord]) async throws -> Void
  ) async throws {
    try await range.forEachPage(step: \.step) { after in
      try await store.history.points(
        run.id, series: name, after: after, through: range.through, limit: SeriesSource.page)
    } _: {
      try await body($0)
    }
  }

  /// At most as many points as were asked for.
  func thinned(_ name: String) async throws -> [PointRecord] {
    let limit = range.limit ?? StepRange.usualPoints
    let steps = range.steps(upTo: run.progress.step)
    if let thinned = try await store.history.thinnedPoints(
      run.id, series: name, within: steps, limit: limit)
    {
      return thinned
    }
    var sampler = Downsampler<PointRecord>(
      limit: limit, steps: steps, step: { $0.step }, size: { $0.value ?? .nan })
    try await forEachPage(name) { page in
      for point in page { sampler.add(point) }
    }
    return sampler.points
  }
}

/// A parameter and where steps hold its gradient.
struct ChosenParameter: Sendable {
  let position: Int
  let layer: String
  let name: String

  init(_ parameter: ParameterName, at position: Int) {
    self.position = position
    layer = parameter.layer
    name = parameter.name
  }
}

/// What is measured of a parameter at each step, some steps at a time.
struct ParameterSource<Entry: Sendable>: Sendable {
  /// Reads whole pages: positions, after, through, limit.
  typealias Pages =
    @Sendable ([Int], Int, Int, Int) async throws -> [(step: Int, entries: [Entry?])]
  /// Reads thinned points: positions, range, limit.
  typealias Thinned =
    @Sendable ([Int], ClosedRange<Int>, Int) async throws -> [[(step: Int, entry: Entry)]]

  let run: RunRecord
  let range: StepRange
  let parameters: [ChosenParameter]
  let pages: Pages
  let thinnedPoints: Thinned

  private var positions: [Int] { parameters.map(\.position) }
  /// Fewer steps a page for models of many parameters.
  private var page: Int { max(50, 50_000 / max(parameters.count, 1)) }

  func forEachPage(
    _ body: ([(step: Int, entries: [Entry?])]) async throws -> Void
  ) async throws {
    guard !parameters.isEmpty else { return }
    try await range.forEachPage(step: \.step) { after in
      try await pages(positions, after, range.through, page)
    } _: {
      try await body($0)
    }
  }

  /// For each parameter at most as many points as were asked for.
  func thinned() async throws -> [[(step: Int, entry: Entry)]] {
    let limit = try range.points(ofEach: parameters.count, "parameters")
    return try await thinnedPoints(positions, range.steps(upTo: run.progress.step), limit)
  }
}

extension ParameterSource where Entry == GradientSummary {
  static func gradients(
    _ store: Store, _ run: RunRecord, _ range: StepRange, isClipped: Bool,
    _ parameters: [ChosenParameter]
  ) -> ParameterSource {
    ParameterSource(run: run, range: range, parameters: parameters) {
      try await store.history.gradients(
        run.id, isClipped: isClipped, positions: $0, after: $1, through: $2, limit: $3)
    } thinnedPoints: {
      try await store.history.thinnedGradients(
        run.id, isClipped: isClipped, positions: $0, within: $1, limit: $2)
    }
  }
}

extension ParameterSource where Entry == UpdateSummary {
  static func updates(
    _ store: Store, _ run: RunRecord, _ range: StepRange, _ parameters: [ChosenParameter]
  ) -> ParameterSource {
    ParameterSource(run: run, range: range, parameters: parameters) {
      try await store.history.updates(
        run.id, positions: $0, after: $1, through: $2, limit: $3)
    } thinnedPoints: {
      try await store.history.thinnedUpdates(run.id, positions: $0, within: $1, limit: $2)
    }
  }
}
