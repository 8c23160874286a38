import JSON

/// The metrics a run may name, in the order in which the catalog lists them.
public enum MetricCatalog {
  public static let all: [any Metric.Type] = [
    Accuracy.self,
    TopKAccuracy.self,
    BalancedAccuracy.self,
    Precision.self,
    Recall.self,
    F1.self,
    ROCArea.self,
    PrecisionRecallArea.self,
    LogLoss.self,
    BrierScore.self,
    CalibrationError.self,
    Perplexity.self,
    BitsPerCharacter.self,
    SquaredErrorMetric.self,
    RootSquaredErrorMetric.self,
    AbsoluteErrorMetric.self,
    PercentageErrorMetric.self,
    DeterminationMetric.self,
    ConfusionMetric.self,
    ROCCurveMetric.self,
    PrecisionRecallCurveMetric.self,
    CalibrationCurveMetric.self,
  ]

  /// Of one run at most.
  public static let most = 32

  public static var entries: [CatalogEntry] { all.map { $0.documentation } }

  /// Every name that stands for a metric without an object, but for patterns as `top_5_accuracy`.
  public static var plainNames: [String] { all.flatMap { $0.plainNames.map(\.name) } }

  /// Reads a plain name, or an object with a type and its parameters.
  ///
  /// - Throws: every fault in it; an unknown name's lists those there are.
  public static func decode(_ json: JSON, pointer: String) throws(Faults) -> any Metric {
    if let name = json.string {
      for type in all {
        let members =
          type.plainNames.first { $0.name == name }?.members ?? type.members(ofPlainName: name)
        guard let members else { continue }
        var reader = ObjectReader(.object(members), pointer: pointer)
        let metric = type.init(from: &reader)
        let faults = reader.finish().all.map {
          Fault(pointer: pointer, detail: "\"\(name)\": \($0.detail)")
        }
        try Faults(faults).check()
        return metric
      }
      let known = plainNames
      throw Faults([
        Fault(
          pointer: pointer,
          detail: "\"\(name.prefix(80))\" is unknown\(nearest(name, among: known)); "
            + "one of: \(known.joined(separator: ", ")), or top_K_accuracy with a number for K")
      ])
    }
    var choice = try CatalogChoice(json, among: entries, kind: "a metric", pointer: pointer)
    let metric = all[choice.index].init(from: &choice.reader)
    try choice.reader.finish().check()
    return metric
  }

  /// Reads a list of metrics, each named once.
  ///
  /// - Parameter pointer: of the list.
  /// - Throws: every fault in it.
  public static func decode(list: [JSON], pointer: String) throws(Faults) -> [any Metric] {
    var faults = Faults()
    var metrics: [any Metric] = []
    for (index, json) in list.enumerated() {
      do throws(Faults) {
        let metric = try decode(json, pointer: "\(pointer)/\(index)")
        if metrics.contains(where: { $0.name == metric.name }) {
          faults.add("\(pointer)/\(index)", "\"\(metric.name)\" stands twice")
        }
        metrics.append(metric)
      } catch {
        faults.add(error)
      }
    }
    try faults.check()
    return metrics
  }

  /// The plain names of what suits a task, as remedies name them.
  static func suiting(_ task: MetricTask) -> [String] {
    plainNames.filter { name in
      guard let metric = try? decode(.string(name), pointer: "") else { return false }
      return metric.objection(to: task) == nil && metric.name == name
    }
  }

  /// Whether a name without its part is that of a metric's series.
  public static func isSeries(_ name: String) -> Bool {
    (try? decode(.string(name), pointer: ""))?.isNumber == true || CalibrationError.isName(name)
  }
}
