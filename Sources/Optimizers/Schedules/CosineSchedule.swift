import Foundation
import JSON

/// Half a cosine from the full rate down to a fraction of it.
///
/// `f + (1 - f) (1 + cos(π t / T)) / 2`. Loshchilov and Hutter 2016, arXiv:1608.03983, without
/// restarts.
public struct CosineSchedule: Schedule {
  public let warmupSteps: Int
  public let finalFraction: Double

  public static let documentation = CatalogEntry(
    type: "cosine",
    summary: "Half a cosine from the full rate down to a fraction of it.",
    formula: "f + (1 - f) (1 + cos(π t / T)) / 2, t of T steps after the warm-up",
    fields: [ScheduleFields.warmupSteps, ScheduleFields.finalFraction],
    source: "Loshchilov and Hutter 2016, arXiv:1608.03983. As CosineAnnealingLR of PyTorch.")

  public init(from reader: inout ObjectReader, warmupSteps: Int) {
    self.warmupSteps = warmupSteps
    finalFraction = reader.double(ScheduleFields.finalFraction)
  }

  public var configuration: [(String, JSON)] { [("final_fraction", .number(finalFraction))] }

  public func decay(at step: Int, of steps: Int) -> Double {
    let progress = min(Double(step) / Double(steps), 1)
    return finalFraction + (1 - finalFraction) * (1 + cos(Double.pi * progress)) / 2
  }
}
