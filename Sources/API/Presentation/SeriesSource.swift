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
    var after = range.from - 1
    while true {
      let page = try await store.history.points(
        run.id, series: name, after: after, through: range.through, limit: SeriesSource.page)
      guard let last = page.last else { return }
      try await body(page)
      if page.count < SeriesSource.page { return }
      after = last.step
    }
  }

  /// At most as many points as were asked for.
  func thinned(_ name: String) async throws -> [PointRecord] {
    var sampler = Downsampler<PointRecord>(
      limit: range.limit ?? 1_000, steps: range.steps(upTo: run.progress.step), step: { $0.step },
      size: { $0.value ?? .nan })
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

/// A parameter's gradient at one step.
struct GradientPoint: Sendable {
  let step: Int
  let summary: GradientSummary
}

/// The gradients of a run's parameters, some steps at a time.
struct GradientSource: Sendable {
  let store: Store
  let run: RunRecord
  let range: StepRange
  let isClipped: Bool
  let parameters: [ChosenParameter]

  /// Fewer steps a page for models of many parameters.
  private var page: Int { max(50, 50_000 / max(parameters.count, 1)) }

  func forEachPage(
    _ body: ([(step: Int, entries: [GradientSummary?])]) async throws -> Void
  ) async throws {
    guard !parameters.isEmpty else { return }
    var after = range.from - 1
    while true {
      let steps = try await store.history.gradients(
        run.id, isClipped: isClipped, positions: parameters.map(\.position), after: after,
        through: range.through, limit: page)
      guard let last = steps.last else { return }
      try await body(steps)
      if steps.count < page { return }
      after = last.step
    }
  }

  /// For each parameter at most as many points as were asked for.
  func thinned() async throws -> [[GradientPoint]] {
    let steps = range.steps(upTo: run.progress.step)
    var samplers = parameters.map { _ in
      Downsampler<GradientPoint>(
        limit: range.limit ?? 1_000, steps: steps, step: { $0.step },
        size: { $0.summary.nonFinite > 0 ? .nan : Double($0.summary.norm) })
    }
    try await forEachPage { page in
      for (step, entries) in page {
        for (index, entry) in entries.enumerated() {
          if let entry { samplers[index].add(GradientPoint(step: step, summary: entry)) }
        }
      }
    }
    return samplers.map(\.points)
  }
}
