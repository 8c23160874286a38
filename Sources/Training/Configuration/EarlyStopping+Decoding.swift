import JSON

extension EarlyStopping {
  /// Reads the member `early_stopping` of a `training` object, if there's one.
  init?(
    _ training: inout ObjectReader, metrics: [TrainingConfiguration.Metric], losses: LossTerms?,
    hasValidation: Bool
  ) {
    guard var reader = training.reader("early_stopping") else { return nil }
    let monitors = EarlyStopping.monitors(losses)
    let monitor = reader.string("monitor", in: monitors) ?? monitors[0]
    let isLoss = SeriesOfTerm.base(of: monitor).hasSuffix("loss")
    let mode = reader.string("mode", in: Mode.allCases.map(\.rawValue)).flatMap(Mode.init)
    let patience = reader.integer("patience", in: 1...1_000_000)
    if !reader.has("patience") {
      reader.fault("patience", "is missing; how many epochs without an improvement to wait")
    }
    let delta = reader.double("min_delta", in: 0...1e12) ?? 0
    let restoreBest = reader.bool("restore_best") ?? false
    if monitor.hasPrefix("validation"), !hasValidation {
      let member = reader.has("monitor") ? "monitor" : "patience"
      reader.fault(
        member,
        "\(monitor) is never measured: the run has no validation; "
          + "give training.validation.fraction or a dataset for validation")
    }
    if !isLoss, !metrics.contains(.accuracy) {
      reader.fault("monitor", "\(monitor) is not measured; add \"accuracy\" to metrics")
    }
    if let mode, (mode == .minimum) != isLoss {
      reader.fault(
        "mode",
        "\"\(mode.rawValue)\" would stop while \(monitor) gets better; "
          + "\"\(isLoss ? "min" : "max")\" is the default here")
    }
    training.add(reader.finish())
    self.init(
      monitor: monitor, mode: isLoss ? .minimum : .maximum, patience: patience ?? 1,
      minimumDelta: delta, restoreBest: restoreBest)
  }
}

extension EarlyStopping {
  /// The series that may be watched: with a list of terms, also those of each, and no accuracy of all.
  static func monitors(_ losses: LossTerms?) -> [String] {
    guard let losses, losses.isList else {
      return ["validation_loss", "validation_accuracy", "train_loss", "train_accuracy"]
    }
    let ofTerms = losses.terms.flatMap { term in
      ["validation_loss", "train_loss", "validation_accuracy", "train_accuracy"].map {
        SeriesOfTerm.name($0, term.name)
      }
    }
    return ["validation_loss", "train_loss"] + ofTerms
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
