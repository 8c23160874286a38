import JSON

extension EarlyStopping {
  /// Reads the member `early_stopping` of a `training` object, if there's one.
  init?(
    _ training: inout ObjectReader, metrics: [any Metric], losses: LossTerms?,
    hasValidation: Bool
  ) {
    guard var reader = training.reader("early_stopping") else { return nil }
    let series = MonitoredSeries(metrics: metrics, losses: losses)
    let given = reader.string("monitor")
    let monitor = given ?? MonitoredSeries.usual
    let best = series.direction(of: monitor) ?? .minimum
    let mode = reader.string("mode", in: Mode.allCases.map(\.rawValue)).flatMap(Mode.init)
    let patience = reader.integer("patience", in: 1...1_000_000)
    let target = reader.double("target", in: -1e12...1e12)
    if !reader.has("patience"), !reader.has("target") {
      reader.fault("patience", "is missing; how many epochs without an improvement to wait")
    }
    let delta = reader.double("min_delta", in: 0...1e12) ?? 0
    let restoreBest = reader.bool("restore_best") ?? false
    if let given, let detail = series.fault(given) { reader.fault("monitor", detail) }
    let baseline = reader.double("baseline", in: -1e12...1e12)
    let firstEpoch = reader.integer("start_from_epoch", in: 0...1_000_000) ?? 0
    for name in ["baseline", "min_delta"] where reader.has(name) && !reader.has("patience") {
      reader.fault(name, "changes nothing without patience, which says how long to wait for it")
    }
    if monitor.hasPrefix("validation"), !hasValidation {
      let member = reader.has("monitor") ? "monitor" : "patience"
      reader.fault(
        member,
        "\(monitor) is never measured: the run has no validation; "
          + "give training.validation.fraction or a dataset for validation")
    }
    if let mode, series.direction(of: monitor) != nil, mode != best {
      reader.fault(
        "mode",
        "\"\(mode.rawValue)\" would stop while \(monitor) gets better; "
          + "\"\(best.rawValue)\" is the default here")
    }
    training.add(reader.finish())
    self.init(
      monitor: monitor, mode: best, patience: patience, minimumDelta: delta,
      restoreBest: restoreBest, baseline: baseline, target: target, startFromEpoch: firstEpoch)
  }
}

/// The names of series that one term of a loss has: `train_loss.<term>`.
public enum SeriesOfTerm {
  public static func name(_ base: String, _ term: String) -> String { "\(base).\(term)" }

  static func base(of series: String) -> String {
    series.firstIndex(of: ".").map { String(series[..<$0]) } ?? series
  }

  static func term(of series: String) -> String? {
    series.firstIndex(of: ".").map { String(series[series.index(after: $0)...]) }
  }
}
