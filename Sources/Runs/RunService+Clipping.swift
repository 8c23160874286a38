import JSON
import Store

/// What clipping did to a run's gradients, and what it might better do.
extension RunService {
  /// Steps read from the store at once.
  private static let auditPage = 2_000
  /// The share of steps whose norm a suggested limit leaves alone.
  private static let suggestedShare = 0.9
  /// How much smaller a norm has to be after clipping to count as clipped; the store rounds to a millionth.
  private static let tolerance = 1e-5

  /// The norms before and after clipping over a range of steps, for the whole and each parameter.
  ///
  /// Reads every measured step once, in memory that doesn't grow with them.
  public func clippingAudit(_ run: RunRecord, from: Int, through: Int) async throws -> JSON {
    let request = self.request(of: run)
    let clip = request["training"]?["clip"] ?? .null
    let parameters = try await store.history.parameters(run.id)
    var audit = ClippingAudit(parameters: parameters.count, tolerance: Self.tolerance)
    let positions = Array(parameters.indices)
    var after = from - 1
    while !positions.isEmpty {
      let limit = max(50, Self.auditPage * 50 / max(50, parameters.count))
      func page(isClipped: Bool) async throws -> [(step: Int, entries: [GradientSummary?])] {
        try await store.history.gradients(
          run.id, isClipped: isClipped, positions: positions, after: after, through: through,
          limit: limit)
      }
      let raw = try await page(isClipped: false)
      let clipped = clip == .null ? [] : try await page(isClipped: true)
      let byStep = Dictionary(clipped.map { ($0.step, $0.entries) }) { first, _ in first }
      for (step, entries) in raw { audit.add(before: entries, after: byStep[step] ?? entries) }
      // A page may be short without being the last.
      guard let last = raw.last, last.step < through else { break }
      after = last.step
    }
    return audit.json(
      clip: clip, names: parameters, suggestedShare: Self.suggestedShare)
  }
}
