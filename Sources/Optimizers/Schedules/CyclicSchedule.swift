import Foundation
import JSON

/// A rate that climbs and falls between a fraction of the full one and all of it, again and again.
///
/// `f + (1 - f) h a`, `h` from 0 up to 1 and back to 0 in each cycle, and the amplitude `a` 1 (`triangular`), halved with each
/// cycle (`triangular2`), or `gamma^t` (`exp_range`). Smith 2015, arXiv:1506.01186.
public struct CyclicSchedule: Schedule {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case triangular
    case halving = "triangular2"
    case exponential = "exp_range"
  }

  public let warmup: Warmup
  public let up: ScheduleSpan
  /// `nil` for as long as up.
  public let down: ScheduleSpan?
  public let baseFraction: Double
  public let mode: Mode
  public let gamma: Double

  private static let up = ScheduleSpan.fields("up", "How long a climb takes", isRequired: true)
  private static let down = ScheduleSpan.fields(
    "down", "How long a fall takes; as long as a climb when left out")
  private static let baseFraction = Field(
    "base_fraction", .number(0...1), default: 0.1, "The factor between which and 1 the rate moves.")
  private static let mode = Field(
    "mode", .choice(Mode.allCases.map(\.rawValue)), default: "triangular",
    "What the height of a cycle does: stays, halves with each cycle, or falls by gamma.")
  private static let gamma = Field(
    "gamma", .number(0...1), default: 1.0, "By what the height falls each step, for exp_range.")

  public static let documentation = CatalogEntry(
    type: "cyclic",
    summary:
      "A rate that climbs and falls between a fraction of the full one and all of it, again and again.",
    formula: "f + (1 - f) h a, h from 0 to 1 and back in each cycle, a = 1, 2^-cycle or gamma^t",
    fields: up + down + [baseFraction, mode, gamma] + Warmup.fields,
    source: "Smith 2015, arXiv:1506.01186. As CyclicLR of PyTorch with cycle_momentum=False.")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    let up = ScheduleSpan.read(&reader, Self.up) ?? .steps(1)
    let down = ScheduleSpan.read(&reader, Self.down)
    (self.up, self.down) = (up, down)
    baseFraction = reader.double(Self.baseFraction)
    mode = Mode(rawValue: reader.choice(Self.mode)) ?? .triangular
    gamma = reader.double(Self.gamma)
    if let down, down.isEpochs != up.isEpochs {
      let unit = up.isEpochs ? "epochs" : "steps"
      reader.fault(down.member("down").0, "isn't in the unit of up_\(unit); give down_\(unit)")
    }
    if mode != .exponential, reader.has(Self.gamma.name) {
      reader.fault(Self.gamma.name, "changes nothing unless mode is \"exp_range\"")
    }
  }

  public var configuration: [(String, JSON)] {
    [up.member("up")] + (down.map { [$0.member("down")] } ?? []) + [
      (Self.baseFraction.name, .number(baseFraction)), (Self.mode.name, .string(mode.rawValue)),
    ] + (mode == .exponential ? [(Self.gamma.name, .number(gamma))] : [])
  }

  public func decay(at place: SchedulePlace) -> Double {
    let (at, climb) = place.clock(up)
    let fall = (down ?? up).steps(perEpoch: place.stepsPerEpoch)
    let (cycle, step) = at.quotientAndRemainder(dividingBy: climb + fall)
    let height =
      step <= climb
      ? Double(step) / Double(climb) : Double(climb + fall - step) / Double(fall)
    let amplitude =
      switch mode {
      case .triangular: 1.0
      case .halving: pow(0.5, Double(cycle))
      case .exponential: pow(gamma, Double(at))
      }
    return baseFraction + (1 - baseFraction) * height * amplitude
  }
}
