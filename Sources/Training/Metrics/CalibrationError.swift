import JSON

/// The expected calibration error: how far the likeliest class's probability is from how often it is right.
///
/// Over bins of equal width, each by its examples. Bin `i` of `M` holds probabilities in `(i / M, (i + 1) / M]`.
public struct CalibrationError: Metric {
  public let bins: Int

  public static let usualBins = 15
  static let field = Field(
    "bins", .integer(1...1_000), default: .integer(usualBins),
    "How many; other numbers than 15 stand behind the name of the series.")

  public static let documentation = CatalogEntry(
    type: "expected_calibration_error", aliases: ["ece"],
    summary: "How far the likeliest class's probability is from how often it is right.",
    formula: "Σ_b n_b / N |right_b - confidence_b|", fields: [field],
    source: "Guo et al. 2017, arXiv:1706.04599, equation 3.")

  public init(from reader: inout ObjectReader) { bins = reader.integer(Self.field) }

  public var name: String { bins == Self.usualBins ? Self.type : "\(Self.type)_\(bins)" }
  public var direction: EarlyStopping.Mode? { .minimum }
  public var tallies: [TallyKind] { [.calibration(bins)] }

  /// Whether a series of that name may be one of another number of bins.
  static func isName(_ name: String) -> Bool {
    name.hasPrefix("\(type)_") && Int(name.dropFirst(type.count + 1)) != nil
  }

  public func objection(to task: MetricTask) -> String? { task.objectionForWantOfProbabilities }

  public func value(of tallies: TallySet) -> Double? { tallies.calibration(bins)?.error }
}
