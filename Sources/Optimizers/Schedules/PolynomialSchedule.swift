import Foundation
import JSON

/// A power of what is left of the way, from the full rate down to a fraction of it.
///
/// `f + (1 - f) (1 - t / T)^power`.
public struct PolynomialSchedule: Schedule {
  public let warmup: Warmup
  public let power: Double
  public let finalFraction: Double
  /// `nil` for all of the run after the warm-up.
  public let span: ScheduleSpan?

  private static let power = Field("power", .number(0.01...100), default: 1.0, "The exponent.")

  public static let documentation = CatalogEntry(
    type: "polynomial",
    summary: "A power of what is left of the way, from the full rate down to a fraction of it.",
    formula: "f + (1 - f) (1 - t / T)^power, t of T steps after the warm-up",
    fields: [power, ScheduleFields.finalFraction] + ScheduleFields.decay + Warmup.fields,
    source: "As torch.optim.lr_scheduler.PolynomialLR, and PolynomialDecay of Keras.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    power = reader.double(Self.power)
    finalFraction = reader.double(ScheduleFields.finalFraction)
    span = ScheduleSpan.read(&reader, ScheduleFields.decay)
  }

  public var configuration: [(String, JSON)] {
    [("power", .number(power)), ("final_fraction", .number(finalFraction))]
      + (span.map { [$0.member("decay")] } ?? [])
  }

  public func decay(at place: SchedulePlace) -> Double {
    finalFraction + (1 - finalFraction) * pow(1 - place.progress(over: span), power)
  }
}
