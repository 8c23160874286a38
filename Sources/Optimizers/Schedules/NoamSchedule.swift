import Foundation
import JSON

/// The schedule of the first transformer: a straight climb, then one over the root of the steps.
///
/// `width^-½ min(s^-½, s w^-3/2)` at step `s`, counted from 1. Vaswani et al. 2017, arXiv:1706.03762, section 5.3; the
/// optimizer's `learning_rate` is a factor on it, 1 in the paper.
public struct NoamSchedule: Schedule {
  public let warmup: Warmup
  public let width: Int

  private static let width = Field(
    "width", .integer(1...1_000_000_000), isRequired: true, "The features of the model, d_model.")
  private static let usual = ScheduleSpan.steps(4000)

  public static let documentation = CatalogEntry(
    type: "noam",
    summary:
      "The schedule of the first transformer: a straight climb, then one over the root of the steps.",
    formula: "width^-½ min(s^-½, s w^-3/2), s the step, w the warm-up's, 4,000 when left out",
    fields: [width] + Warmup.spans,
    source: "Vaswani et al. 2017, arXiv:1706.03762.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    for field in [Warmup.shape, Warmup.start] where reader.has(field.name) {
      reader.fault(field.name, "isn't for noam, whose climb is a straight line from 0")
    }
    for field in Warmup.spans where reader.has(field.name) && warmup.span == nil {
      reader.fault(field.name, "is 0; noam needs a warm-up, at least 1")
    }
    self.warmup = Warmup(span: warmup.span ?? Self.usual)
    width = reader.integer(Self.width)
  }

  public var configuration: [(String, JSON)] { [(Self.width.name, .integer(width))] }

  public func factor(step: Int, of length: RunLength) -> Double {
    let climb = Double(warmup.steps(perEpoch: length.stepsPerEpoch))
    let step = Double(step)
    return min(1 / step.squareRoot(), step * pow(climb, -1.5)) / Double(width).squareRoot()
  }

  public func decay(at place: SchedulePlace) -> Double {
    1 / Double(width * (place.elapsed + 1)).squareRoot()
  }
}
