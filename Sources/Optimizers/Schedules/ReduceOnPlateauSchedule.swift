import JSON

/// A rate that is cut when a measured value has stopped getting better.
///
/// After each evaluation past the warm-up: when more than `patience` in a row didn't beat the best by the threshold, the rate
/// is multiplied by `factor`, and `cooldown` evaluations follow in which none counts as bad.
public struct ReduceOnPlateauSchedule: Schedule {
  public let warmup: Warmup
  public let rule: PlateauRule

  private static let monitor = Field(
    "monitor", .described("a series that is measured each epoch"), default: "validation_loss",
    "Which is watched, such as train_loss; as in early_stopping.")
  private static let mode = Field(
    "mode", .choice(PlateauRule.Mode.allCases.map(\.rawValue)),
    "Whether smaller or larger is better; what goes with the series when left out.")
  private static let factor = Field(
    "factor", .number(0...0.999_999), default: 0.1, "By what the rate is multiplied.")
  private static let patience = Field(
    "patience", .integer(0...1_000_000), default: 10,
    "How many evaluations in a row may be no better; the one after cuts the rate.")
  private static let threshold = Field(
    "threshold", .number(0...1e12), default: 1e-4, "By what a value must beat the best.")
  private static let thresholdMode = Field(
    "threshold_mode", .choice(["rel", "abs"]), default: "rel",
    "Whether the threshold is a share of the best, or a number.")
  private static let cooldown = Field(
    "cooldown", .integer(0...1_000_000), default: 0,
    "For how many evaluations after a cut none counts as bad.")
  private static let leastRate = Field(
    "min_learning_rate", .number(0...1e6), default: 0.0, "The least rate that is left.")
  private static let leastFraction = Field(
    "min_fraction", .number(0...1),
    "The same as a fraction of the optimizer's rate, in place of `min_learning_rate`.")
  private static let epsilon = Field(
    "epsilon", .number(0...1), default: 1e-8, "A cut that changes the rate by no more isn't made.")

  public static let documentation = CatalogEntry(
    type: "reduce_on_plateau",
    summary: "A rate that is cut when a measured value has stopped getting better.",
    formula:
      "factor^n, n times that more than patience evaluations in a row didn't beat the best by the threshold",
    fields: [
      monitor, mode, factor, patience, threshold, thresholdMode, cooldown, leastRate,
      leastFraction, epsilon,
    ] + Warmup.fields,
    source: "As torch.optim.lr_scheduler.ReduceLROnPlateau.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    var rule = PlateauRule()
    rule.monitor = reader.string(Self.monitor.name)
    if reader.has(Self.mode.name) {
      rule.mode = PlateauRule.Mode(rawValue: reader.choice(Self.mode))
    }
    _ = reader.value(Self.mode.name)
    rule.factor = reader.double(Self.factor)
    rule.patience = reader.integer(Self.patience)
    let threshold = reader.double(Self.threshold)
    rule.threshold =
      reader.choice(Self.thresholdMode) == "abs" ? .absolute(threshold) : .relative(threshold)
    if case .relative(let share) = rule.threshold, share >= 1 {
      reader.fault(Self.threshold.name, "\(share) is no share of the best; below 1 unless abs")
    }
    rule.cooldown = reader.integer(Self.cooldown)
    let least = reader.double(Self.leastRate)
    let fraction = reader.has(Self.leastFraction.name) ? reader.double(Self.leastFraction) : nil
    _ = reader.value(Self.leastFraction.name)
    if fraction != nil, reader.has(Self.leastRate.name) {
      reader.fault(
        Self.leastFraction.name, "contradicts \(Self.leastRate.name); give one of the two")
    }
    rule.floor = fraction.map { .fraction($0) } ?? .rate(least)
    rule.epsilon = reader.double(Self.epsilon)
    self.rule = rule
  }

  public var plateau: PlateauRule? { rule }

  public var configuration: [(String, JSON)] {
    var members: [(String, JSON)] = []
    if let monitor = rule.monitor { members.append((Self.monitor.name, .string(monitor))) }
    if let mode = rule.mode { members.append((Self.mode.name, .string(mode.rawValue))) }
    members += [
      (Self.factor.name, .number(rule.factor)), (Self.patience.name, .integer(rule.patience)),
    ]
    switch rule.threshold {
    case .relative(let share):
      members += [(Self.threshold.name, .number(share)), (Self.thresholdMode.name, "rel")]
    case .absolute(let delta):
      members += [(Self.threshold.name, .number(delta)), (Self.thresholdMode.name, "abs")]
    }
    members.append((Self.cooldown.name, .integer(rule.cooldown)))
    switch rule.floor {
    case .rate(let least): members.append((Self.leastRate.name, .number(least)))
    case .fraction(let fraction): members.append((Self.leastFraction.name, .number(fraction)))
    }
    return members + [(Self.epsilon.name, .number(rule.epsilon))]
  }

  /// Evaluations change the rate, not steps.
  public func decay(at place: SchedulePlace) -> Double { 1 }
}
