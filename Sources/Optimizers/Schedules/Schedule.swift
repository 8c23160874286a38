import JSON

/// How the learning rate changes over a run, as a factor on the optimizer's `learning_rate`.
///
/// Step `s`, counted from 1, of a run of `total` steps. The first `w` steps climb, as `Warmup` says. What follows decays by
/// `decay(at:)` over the `total - w` steps left, so that step `w + 1` is the first at the full rate. A new schedule is a file
/// here, a line in `ScheduleCatalog` and a test.
public protocol Schedule: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration beside the warm-up; what is wrong is recorded in the reader.
  init(from reader: inout ObjectReader, warmup: Warmup)

  var configuration: [(String, JSON)] { get }
  var warmup: Warmup { get }

  /// The factor after the warm-up.
  func decay(at place: SchedulePlace) -> Double

  /// The factor on the learning rate of a step.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - length: of the run.
  func factor(step: Int, of length: RunLength) -> Double

  /// What the rate does beside that when a measured value stops getting better; `nil` for nothing.
  var plateau: PlateauRule? { get }

  /// What doesn't go with a run of that length; pointers begin at the schedule's object.
  func faults(in length: RunLength) -> Faults
}

extension Schedule {
  public static var type: String { documentation.type }
  public var configuration: [(String, JSON)] { [] }
  public var plateau: PlateauRule? { nil }
  public func faults(in length: RunLength) -> Faults { Faults() }

  public var json: JSON {
    .object(
      JSONObject([("type", .string(Self.type))] + warmup.configuration + configuration))
  }

  public func factor(step: Int, of length: RunLength) -> Double {
    let warm = warmup.steps(perEpoch: length.stepsPerEpoch)
    if step <= warm { return warmup.factor(after: step - 1, of: warm) }
    return decay(
      at: SchedulePlace(
        step: step - 1 - warm, steps: max(length.steps - warm, 1), elapsed: step - 1,
        stepsPerEpoch: length.stepsPerEpoch))
  }

  /// The factor of a step of a run of so many, for schedules that don't count in epochs.
  public func factor(step: Int, total: Int) -> Double {
    factor(step: step, of: RunLength(steps: total))
  }
}

/// Members that several schedules have.
enum ScheduleFields {
  static let finalFraction = Field(
    "final_fraction", .number(0...1), default: 0.0,
    "The factor towards which the rate falls at the end.")

  static let gamma = Field("gamma", .number(0...1), default: 0.1, "By what the rate is multiplied.")

  static let decay = ScheduleSpan.fields(
    "decay",
    "How long the fall takes, after which the rate stays; all that the run has after the warm-up when left out"
  )
}
