import JSON

/// The series that early stopping may watch: the loss and every metric that is measured, of training and of validation.
///
/// With a list of terms, metrics are those of each term alone.
struct MonitoredSeries {
  static let usual = "validation_loss"
  private static let parts = ["validation", "train"]

  let metrics: [any Metric]
  /// The names of the terms; none where there is one loss alone.
  private let terms: [String]

  init(metrics: [any Metric], losses: LossTerms?) {
    self.metrics = metrics.filter(\.isNumber)
    terms = losses.map { $0.isList ? $0.terms.map(\.name) : [] } ?? []
  }

  /// All of them, those of training last.
  var names: [String] {
    Self.parts.flatMap { part in
      let figures = metrics.map { "\(part)_\($0.name)" }
      guard !terms.isEmpty else { return ["\(part)_loss"] + figures }
      return ["\(part)_loss"]
        + terms.flatMap { term in
          (["\(part)_loss"] + figures).map { SeriesOfTerm.name($0, term) }
        }
    }
  }

  /// Which way a series gets better; `nil` when it isn't measured.
  func direction(of name: String) -> EarlyStopping.Mode? {
    guard names.contains(name) else { return nil }
    let base = Self.figure(name)
    return base == "loss" ? .minimum : metrics.first { $0.name == base }?.direction
  }

  /// Why a name can't be watched, with what would be right; `nil` when it can.
  func fault(_ name: String) -> String? {
    let known = names
    if known.contains(name) { return nil }
    let base = Self.figure(name)
    let list = "one of: \(known.joined(separator: ", "))"
    guard let part = Self.parts.first(where: { name.hasPrefix("\($0)_") }),
      MetricCatalog.isSeries(base) || MetricCatalog.plainNames.contains(base)
    else {
      return "\"\(name.prefix(80))\" is unknown\(nearest(name, among: known)); \(list)"
    }
    guard MetricCatalog.isSeries(base) else { return "\(name) is no number; \(list)" }
    if !metrics.contains(where: { $0.name == base }) {
      return "\(name) is not measured; add \"\(base)\" to metrics"
    }
    if let term = SeriesOfTerm.term(of: name) {
      return terms.isEmpty
        ? "there is one loss, and no term \(term); say \(part)_\(base)"
        : "there is no term \"\(term)\"\(nearest(term, among: terms)); \(list)"
    }
    let ofTerms = terms.map { SeriesOfTerm.name(name, $0) }
    return "\(name) is not measured: each term has its own; \(ofTerms.joined(separator: ", "))"
  }

  /// The name without its part and its term.
  static func figure(_ name: String) -> String {
    let base = SeriesOfTerm.base(of: name)
    return base.firstIndex(of: "_").map { String(base[base.index(after: $0)...]) } ?? base
  }
}

extension TrainingConfiguration {
  /// The series of numbers that say how good the training is, and which way each gets better.
  ///
  /// - Parameter hasValidationDataset: whether the run names a dataset, or a split, for validation of its own.
  public func measuredSeries(
    hasValidationDataset: Bool
  ) -> [(name: String, isBetterBelow: Bool)] {
    let series = MonitoredSeries(metrics: metrics, losses: losses)
    let isValidated = hasValidationDataset || validationFraction != nil || validatesByMask
    return series.names.filter { isValidated || !$0.hasPrefix("validation_") }.map {
      ($0, series.direction(of: $0) == .minimum)
    }
  }
}
