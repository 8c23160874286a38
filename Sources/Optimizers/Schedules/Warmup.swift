import Foundation
import JSON

/// The climb in front of a schedule, from a fraction of the full rate to all of it.
///
/// Over `w` steps, from the factor `f` of the first: `f + (1 - f) t / w` (linear), `f^(1 - t / w)` (exponential) or `f`
/// (constant), `t` from 0. Without a `warmup_start`, `f = 1 / (w + 1)`, so that the linear climb is `s / (w + 1)` at step `s`.
public struct Warmup: Hashable, Sendable {
  public enum Shape: String, Hashable, Sendable, CaseIterable {
    case linear, exponential, constant
  }

  /// `nil` for none.
  public let span: ScheduleSpan?
  public let shape: Shape
  /// The factor of the first step; `nil` for `1 / (w + 1)`.
  public let start: Double?

  public static let none = Warmup(span: nil)

  public init(span: ScheduleSpan?, shape: Shape = .linear, start: Double? = nil) {
    self.span = span
    self.shape = shape
    self.start = start
  }

  static let spans = ScheduleSpan.fields(
    "warmup", "Over how long the rate climbs from the first step's 1 / (steps + 1) to 1", from: 0)
  static let shape = Field(
    "warmup_shape", .choice(Shape.allCases.map(\.rawValue)), default: "linear",
    "How it climbs: in a straight line, by one factor a step, or not until the warm-up is over.")
  static let start = Field(
    "warmup_start", .number(0...1), "The factor of the first step, in place of 1 / (steps + 1).")
  static let fields = spans + [shape, start]

  /// Reads the members of a schedule's object that are about its warm-up.
  init(_ reader: inout ObjectReader) {
    let found = ScheduleSpan.read(&reader, Self.spans)
    let name = reader.choice(Self.shape)
    let given = reader.has(Self.start.name) ? reader.double(Self.start) : nil
    _ = reader.value(Self.start.name)
    span = found.flatMap { $0.steps(perEpoch: 1) == 0 ? nil : $0 }
    shape = Shape(rawValue: name) ?? .linear
    start = given
    for field in [Self.shape, Self.start] where span == nil && reader.has(field.name) {
      reader.fault(field.name, "changes nothing without warmup_steps or warmup_epochs")
    }
    if given == 0, shape == .exponential {
      reader.fault(Self.start.name, "is 0, which no factor makes larger; above 0 for exponential")
    }
  }

  public func steps(perEpoch: Int) -> Int { span?.steps(perEpoch: perEpoch) ?? 0 }

  /// The factor after so many steps of `steps`.
  func factor(after elapsed: Int, of steps: Int) -> Double {
    let share = Double(elapsed) / Double(steps)
    guard let first = start else {
      if shape == .linear { return Double(elapsed + 1) / Double(steps + 1) }
      let first = 1 / Double(steps + 1)
      return shape == .constant ? first : pow(first, 1 - share)
    }
    return switch shape {
    case .linear: first + (1 - first) * share
    case .exponential: pow(first, 1 - share)
    case .constant: first
    }
  }

  var configuration: [(String, JSON)] {
    guard let span else { return [("warmup_steps", 0)] }
    var members = [span.member("warmup")]
    if shape != .linear { members.append((Self.shape.name, .string(shape.rawValue))) }
    if let start { members.append((Self.start.name, .number(start))) }
    return members
  }
}
