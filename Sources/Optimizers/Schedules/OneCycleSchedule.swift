import Foundation
import JSON

/// A climb to the full rate, and a long fall far below where it began.
///
/// The rate begins at `1 / div_factor` of the full one, reaches it after `pct_start` of the cycle, and ends at
/// `1 / (div_factor final_div_factor)`; with `three_phase` it comes back to where it began, in as many steps, before the last
/// fall. Smith and Topin 2017, arXiv:1708.07120. Momentum stays as the optimizer has it.
public struct OneCycleSchedule: Schedule {
  public enum Anneal: String, Hashable, Sendable, CaseIterable {
    case cosine = "cos"
    case linear
  }

  public let warmup: Warmup
  /// `nil` for all of the run after the warm-up.
  public let span: ScheduleSpan?
  public let riseShare: Double
  public let startDivisor: Double
  public let finalDivisor: Double
  public let anneal: Anneal
  public let isThreePhase: Bool

  private static let cycle = ScheduleSpan.fields(
    "cycle",
    "How long the cycle takes, after which the rate stays; all that the run has after the warm-up when left out"
  )
  private static let riseShare = Field(
    "pct_start", .number(0...1), default: 0.3, "The share of the cycle in which the rate climbs.")
  private static let startDivisor = Field(
    "div_factor", .number(1...1e12), default: 25.0, "The full rate over that of the beginning.")
  private static let finalDivisor = Field(
    "final_div_factor", .number(1...1e12), default: 1e4,
    "The rate of the beginning over that of the end.")
  private static let anneal = Field(
    "anneal_strategy", .choice(Anneal.allCases.map(\.rawValue)), default: "cos",
    "Whether the rate moves along half a cosine or a straight line.")
  private static let threePhase = Field(
    "three_phase", .boolean, default: false,
    "Whether it comes back to where it began in as long as the climb took, before the last fall.")

  public static let documentation = CatalogEntry(
    type: "one_cycle",
    summary: "A climb to the full rate, and a long fall far below where it began.",
    formula:
      "1 / div_factor to 1 in pct_start of the cycle, then to 1 / (div_factor final_div_factor)",
    fields: [riseShare, startDivisor, finalDivisor, anneal, threePhase] + cycle + Warmup.fields,
    source:
      "Smith and Topin 2017, arXiv:1708.07120. As OneCycleLR of PyTorch with cycle_momentum=False.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    span = ScheduleSpan.read(&reader, Self.cycle)
    riseShare = reader.double(Self.riseShare)
    startDivisor = reader.double(Self.startDivisor)
    finalDivisor = reader.double(Self.finalDivisor)
    anneal = Anneal(rawValue: reader.choice(Self.anneal)) ?? .cosine
    isThreePhase = reader.bool(Self.threePhase)
    if isThreePhase, riseShare > 0.5 {
      reader.fault(
        Self.riseShare.name,
        "\(riseShare) leaves no room to come back; with three_phase at most 0.5")
    }
  }

  public var configuration: [(String, JSON)] {
    (span.map { [$0.member("cycle")] } ?? []) + [
      (Self.riseShare.name, .number(riseShare)), (Self.startDivisor.name, .number(startDivisor)),
      (Self.finalDivisor.name, .number(finalDivisor)),
      (Self.anneal.name, .string(anneal.rawValue)), (Self.threePhase.name, .bool(isThreePhase)),
    ]
  }

  public func faults(in length: RunLength) -> Faults {
    guard let span else { return Faults() }
    let cycle = span.steps(perEpoch: length.stepsPerEpoch)
    let left = length.steps - warmup.steps(perEpoch: length.stepsPerEpoch)
    guard cycle > left else { return Faults() }
    return Faults([
      Fault(
        pointer: "/\(span.member("cycle").0)",
        detail: "the cycle's \(cycle) steps go beyond the \(max(left, 0)) that the run has"
          + "\(left < length.steps ? " after its warm-up" : ""); leave it out, or train longer")
    ])
  }

  public func decay(at place: SchedulePlace) -> Double {
    let steps = Double(span?.steps(perEpoch: place.stepsPerEpoch) ?? place.steps)
    let (low, last) = (1 / startDivisor, 1 / (startDivisor * finalDivisor))
    let top = riseShare * steps - 1
    let at = min(Double(place.step), steps - 1)
    if at <= top { return between(low, 1, at, of: 0...top) }
    guard isThreePhase else { return between(1, last, at, from: top, to: steps - 1) }
    let back = 2 * riseShare * steps - 2
    if at <= back { return between(1, low, at, from: top, to: back) }
    return between(low, last, at, from: max(back, top), to: steps - 1)
  }

  private func between(
    _ start: Double, _ end: Double, _ at: Double, of range: ClosedRange<Double>
  ) -> Double {
    between(start, end, at, from: range.lowerBound, to: range.upperBound)
  }

  private func between(
    _ start: Double, _ end: Double, _ at: Double, from first: Double, to last: Double
  ) -> Double {
    let share = last > first ? (at - first) / (last - first) : 1
    return switch anneal {
    case .cosine: end + (start - end) / 2 * (1 + cos(Double.pi * share))
    case .linear: start + (end - start) * share
    }
  }
}
