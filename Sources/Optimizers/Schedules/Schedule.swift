import JSON

/// How the learning rate changes over a run, as a factor on the optimizer's `learning_rate`.
///
/// Step `s`, counted from 1, of a run of `total` steps. The first `w = warmup_steps` steps climb:
/// their factor is `s / (w + 1)`. What follows decays by `decay(at:of:)` over the `total - w` steps
/// left, so that step `w + 1` is the first at the full rate. A new schedule is a file here, a line
/// in `ScheduleCatalog` and a test.
public protocol Schedule: Sendable {
  static var documentation: CatalogEntry { get }

  /// Reads the configuration beside `warmup_steps`; what is wrong is recorded in the reader.
  init(from reader: inout ObjectReader, warmupSteps: Int)

  var configuration: [(String, JSON)] { get }
  var warmupSteps: Int { get }

  /// The factor after the warm-up.
  ///
  /// - Parameters:
  ///   - step: steps since the warm-up ended, from 0.
  ///   - steps: how many there are after the warm-up, at least 1.
  func decay(at step: Int, of steps: Int) -> Double
}

extension Schedule {
  public static var type: String { documentation.type }
  public var configuration: [(String, JSON)] { [] }

  public var json: JSON {
    .object(
      JSONObject(
        [("type", .string(Self.type)), ("warmup_steps", .integer(warmupSteps))] + configuration))
  }

  /// The factor on the learning rate of a step.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - total: how many steps the run has in all.
  public func factor(step: Int, total: Int) -> Double {
    if step <= warmupSteps { return Double(step) / Double(warmupSteps + 1) }
    return decay(at: step - 1 - warmupSteps, of: max(total - warmupSteps, 1))
  }
}

/// Members that all schedules have.
enum ScheduleFields {
  static let warmupSteps = Field(
    "warmup_steps", .integer(0...1_000_000_000), default: 0,
    "Over how many steps the rate climbs from the first step's 1 / (warmup_steps + 1) to 1.")

  static let finalFraction = Field(
    "final_fraction", .number(0...1), default: 0.0,
    "The factor towards which the rate falls at the end of the run.")
}
