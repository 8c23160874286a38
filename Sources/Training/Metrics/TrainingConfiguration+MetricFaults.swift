import JSON
import NeuralNetworks

extension TrainingConfiguration {
  /// Records metrics that suit none of the objectives, and a monitor that its own objective doesn't have.
  ///
  /// - Parameter pointer: where the document has the `training` object.
  func addMetricFaults(
    _ objectives: [Objective], of model: Model, _ pointer: String, to faults: inout Faults
  ) {
    let tasks = objectives.map { MetricTask($0, output: model.outputs[$0.output]) }
    metrics.addFaults(tasks, pointer + "/metrics", to: &faults)
    for case (let monitor?, let member) in [
      (earlyStopping?.monitor, "early_stopping"), (plateauMonitor?.monitor, "schedule"),
    ] {
      guard let term = SeriesOfTerm.term(of: monitor),
        let place = objectives.firstIndex(where: { $0.name == term }),
        let metric = metrics.first(where: { $0.name == MonitoredSeries.figure(monitor) }),
        let objection = metric.objection(to: tasks[place])
      else { continue }
      faults.add(
        "\(pointer)/\(member)/monitor",
        "\(monitor) is not measured: \(metric.name) \(objection)")
    }
  }
}

extension [any Metric] {
  /// Records those that suit none of the tasks, with what does.
  ///
  /// - Parameter pointer: of the list.
  func addFaults(_ tasks: [MetricTask], _ pointer: String, to faults: inout Faults) {
    guard !tasks.isEmpty else { return }
    for (index, metric) in enumerated() {
      let objections = tasks.compactMap { metric.objection(to: $0) }
      guard objections.count == tasks.count, let objection = objections.first else { continue }
      var suiting: [String] = []
      for name in tasks.flatMap(MetricCatalog.suiting) where !suiting.contains(name) {
        suiting.append(name)
      }
      // Those of its own kind, when there are some.
      let akin = suiting.filter { $0.hasPrefix("\(type(of: metric).type)_") }
      if !akin.isEmpty { suiting = akin }
      let remedy =
        suiting.isEmpty
        ? "no metric suits it; leave metrics out" : "\(suiting.joined(separator: ", ")) suit it"
      faults.add("\(pointer)/\(index)", "\(metric.name) \(objection); \(remedy)")
    }
  }
}
