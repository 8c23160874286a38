import JSON

/// A figure of one class that is averaged over several, and is better the larger it is.
protocol AveragedMetric: Metric {
  static var averages: [Average] { get }

  var average: Average { get }
}

extension AveragedMetric {
  public static var plainNames: [(name: String, members: JSONObject)] {
    Average.plainNames(averages, metric: type, aliases: documentation.aliases)
  }

  public var name: String { average.name(Self.type) }
  public var direction: EarlyStopping.Mode? { .maximum }

  public func objection(to task: MetricTask) -> String? { average.objection(to: task) }
}
