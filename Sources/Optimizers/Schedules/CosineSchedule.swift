import Foundation
import JSON

/// Half a cosine from the full rate down to a fraction of it.
///
/// `f + (1 - f) (1 + cos(π t / T)) / 2`. Loshchilov and Hutter 2016, arXiv:1608.03983, without
/// restarts.
public struct CosineSchedule: Schedule {
  public let warmup: Warmup
  public let finalFraction: Double
  /// `nil` for all of the run after the warm-up.
  public let span: ScheduleSpan?

  public static let documentation = CatalogEntry(
    type: "cosine",
    summary: "Half a cosine from the full rate down to a fraction of it.",
    formula: "f + (1 - f) (1 + cos(π t / T)) / 2, t of T steps after the warm-up",
    fields: [ScheduleFields.finalFraction] + ScheduleFields.decay + Warmup.fields,
    source: "Loshchilov and Hutter 2016, arXiv:1608.03983. As CosineAnnealingLR of PyTorch.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    finalFraction = reader.double(ScheduleFields.finalFraction)
    span = ScheduleSpan.read(&reader, ScheduleFields.decay)
  }

  public var configuration: [(String, JSON)] {
    [("final_fraction", .number(finalFraction))] + (span.map { [$0.member("decay")] } ?? [])
  }

  public func decay(at place: SchedulePlace) -> Double {
    finalFraction + (1 - finalFraction) * (1 + cos(Double.pi * place.progress(over: span))) / 2
  }
}
