/// What observing costs, where a budget was set for it.
extension Trainer {
  /// Seconds of training between two reports.
  private static let costInterval = 1.0

  /// Brings the probes' intervals within the budget, and reports now and then.
  func observeCost(_ observer: any TrainingObserver) {
    guard schedule.hasBudget else { return }
    if schedule.adapt() { tellStretch(observer) }
    if progress.seconds - lastCostReport >= Self.costInterval { reportCost(observer) }
  }

  /// The series of what probes have taken so far, in percent, and of their intervals.
  func reportCost(_ observer: any TrainingObserver) {
    guard schedule.hasBudget, step > 0 else { return }
    lastCostReport = progress.seconds
    var values = [
      ("observation_percent", schedule.probes.reduce(0) { $0 + schedule.percent(of: $1) })
    ]
    for probe in schedule.probes {
      values.append(("observation_percent.\(probe.rawValue)", schedule.percent(of: probe)))
      values.append(("observation_every.\(probe.rawValue)", Double(schedule.interval(probe))))
    }
    observer.valuesTaken(
      values.map {
        SeriesValue(name: $0.0, step: step, seconds: progress.seconds, value: $0.1)
      })
  }

  private func tellStretch(_ observer: any TrainingObserver) {
    let intervals = schedule.probes.map { "\($0.rawValue) every \(schedule.interval($0))" }
    observer.logged(
      LogRecord(
        level: .info,
        message: "to keep observing at \(observation.budgetPercent ?? 0) % of the time: "
          + intervals.joined(separator: ", ") + " steps; as asked for it would be "
          + "\(figure(schedule.expectedPercent(stretch: 1))) %", step: step))
  }
}
