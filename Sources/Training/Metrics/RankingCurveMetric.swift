import JSON

/// A curve over the thresholds of scores: a resource, and no number.
protocol RankingCurveMetric: Metric {}

extension RankingCurveMetric {
  public var direction: EarlyStopping.Mode? { nil }
  public var tallies: [TallyKind] { [.scores] }

  public func objection(to task: MetricTask) -> String? {
    task.objectionForWantOfClasses ?? ScoreTally.objection(to: task)
  }

  public func value(of tallies: TallySet) -> Double? { nil }
}
