import JSON

/// A rate that falls as one over the root of the steps.
///
/// `√(k / (k + t))`, `k` the timescale. With `k = w` the rate at step `s` past a warm-up of `w` steps is `√(w / (s - 1))`,
/// where the steps before it are counted from 0 as in Raffel et al. 2019, arXiv:1910.10683.
public struct InverseSquareRootSchedule: Schedule {
  public let warmup: Warmup
  /// `nil` for the warm-up's steps, or 10,000 without one.
  public let timescale: Int?

  private static let usualTimescale = 10_000
  private static let timescale = Field(
    "timescale", .integer(1...1_000_000_000),
    "After how many more steps the rate is down to 1/√2; those of the warm-up when left out, or 10,000 without one."
  )

  public static let documentation = CatalogEntry(
    type: "inverse_sqrt",
    summary: "A rate that falls as one over the root of the steps.",
    formula: "√(k / (k + t)), k the timescale, t steps after the warm-up",
    fields: [timescale] + Warmup.fields,
    source:
      "Raffel et al. 2019, arXiv:1910.10683. As get_inverse_sqrt_schedule of Hugging Face transformers."
  )

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    timescale = reader.has(Self.timescale.name) ? reader.integer(Self.timescale) : nil
    _ = reader.value(Self.timescale.name)
  }

  public var configuration: [(String, JSON)] {
    timescale.map { [(Self.timescale.name, .integer($0))] } ?? []
  }

  public func decay(at place: SchedulePlace) -> Double {
    let warm = place.elapsed - place.step
    let scale = Double(timescale ?? (warm > 0 ? warm : Self.usualTimescale))
    return (scale / (scale + Double(place.step))).squareRoot()
  }
}
