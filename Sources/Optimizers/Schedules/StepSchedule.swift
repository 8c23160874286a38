import Foundation
import JSON

/// A rate that is cut by one factor again and again.
///
/// `gamma^floor(t / every_steps)`.
public struct StepSchedule: Schedule {
  public let warmupSteps: Int
  public let everySteps: Int
  public let gamma: Double

  private static let everyStepsField = Field(
    "every_steps", .integer(1...1_000_000_000), isRequired: true,
    "After how many steps the rate is cut.")
  private static let gammaField = Field(
    "gamma", .number(0...1), default: 0.1, "By what it is multiplied then.")

  public static let documentation = CatalogEntry(
    type: "step",
    summary: "A rate that is cut by one factor again and again.",
    formula: "gamma^floor(t / every_steps), t steps after the warm-up",
    fields: [everyStepsField, gammaField, ScheduleFields.warmupSteps],
    source: "As torch.optim.lr_scheduler.StepLR.")

  public init(from reader: inout ObjectReader, warmupSteps: Int) {
    self.warmupSteps = warmupSteps
    everySteps = reader.integer(StepSchedule.everyStepsField)
    gamma = reader.double(StepSchedule.gammaField)
  }

  public var configuration: [(String, JSON)] {
    [("every_steps", .integer(everySteps)), ("gamma", .number(gamma))]
  }

  public func decay(at step: Int, of steps: Int) -> Double {
    pow(gamma, Double(step / everySteps))
  }
}
