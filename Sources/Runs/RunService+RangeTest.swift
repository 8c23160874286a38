import JSON
import Store
import Training

/// What a run that tries learning rates has found.
extension RunService {
  /// The curve as far as it is measured, with the suggestions when the run is over.
  ///
  /// - Throws: `RunError.notFound` for a run of another mode.
  public func learningRateCurve(
    _ run: RunRecord
  ) async throws -> (range: LearningRateRange, curve: LearningRateCurve) {
    let request = self.request(of: run)
    guard request["mode"]?.string == LearningRateRange.mode else {
      throw RunError(
        .notFound,
        "run \(run.id) is no learning-rate range test; queue one with \"mode\": \"\(LearningRateRange.mode)\""
      )
    }
    let range = try LearningRateRange(request[LearningRateRange.mode] ?? [:])
    let points = try await store.history.points(
      run.id, series: "train_loss", after: 0, through: range.steps, limit: range.steps)
    return (range, LearningRateCurve(range, losses: points.map { $0.value ?? .nan }))
  }

  /// The answer to `GET …/lr-range`.
  public func learningRateRange(_ run: RunRecord) async throws -> JSON {
    let (range, curve) = try await learningRateCurve(run)
    var object = JSONObject([
      ("min", .number(range.minimum)), ("max", .number(range.maximum)),
      ("steps", .integer(range.steps)), ("growth", .string(range.growth.rawValue)),
      ("smoothing", .number(range.smoothing)), ("taken", .integer(curve.points.count)),
      ("state", .string(run.state.rawValue)),
    ])
    for (name, value) in Self.suggestions(curve, run).members { object[name] = value }
    object["points"] = .array(
      curve.points.map { point in
        .array(
          [.integer(point.step), .number(point.rate)]
            + [point.loss, point.smoothed].map(Self.number))
      })
    return .object(object)
  }

  /// What the run's own object tells of it; `nil` while it isn't over, and for a run of another mode.
  func learningRateRange(of run: RunRecord, _ request: JSON) async throws -> JSON? {
    guard request["mode"]?.string == LearningRateRange.mode, run.state.isOver else { return nil }
    return .object(Self.suggestions(try await learningRateCurve(run).curve, run))
  }

  private static func suggestions(_ curve: LearningRateCurve, _ run: RunRecord) -> JSONObject {
    let suggestions = run.state.isOver ? curve.suggestions : []
    let chosen = suggestions.first
    return JSONObject([
      ("suggested_learning_rate", chosen.map { .number($0.rate) } ?? .null),
      (
        "reason",
        .string(
          chosen.map { "\($0.rule.rawValue): \($0.reason)" }
            ?? (run.state.isOver
              ? curve.objection ?? ""
              : "the run is \(run.state.rawValue); ask again when it is over"))
      ),
      (
        "suggestions",
        .array(
          suggestions.map {
            [
              "rule": .string($0.rule.rawValue), "learning_rate": .number($0.rate),
              "step": .integer($0.step), "reason": .string($0.reason),
            ]
          })
      ),
    ])
  }

  private static func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
}
