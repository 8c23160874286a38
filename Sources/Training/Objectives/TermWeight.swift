import JSON
import Optimizers

/// By what a term counts in the sum of the objectives, step by step.
public struct TermWeight: Sendable {
  public let value: Double
  /// What the value is multiplied by; `nil` for 1 at every step.
  public let schedule: (any Schedule)?
  /// Where the run's document has the schedule.
  let schedulePointer: String

  public static let one = TermWeight(value: 1, schedule: nil)

  init(value: Double, schedule: (any Schedule)?, schedulePointer: String = "") {
    self.value = value
    self.schedule = schedule
    self.schedulePointer = schedulePointer
  }

  private static let range = 0.0...1e9

  /// Reads the member `weight` of a term: a number, or `{ "value": 0.3, "schedule": … }`.
  init(_ reader: inout ObjectReader) {
    guard let json = reader.value("weight") else {
      self = .one
      return
    }
    guard case .object = json else {
      self.init(value: reader.double("weight", in: TermWeight.range) ?? 1, schedule: nil)
      return
    }
    guard var part = reader.reader("weight") else {
      self = .one
      return
    }
    let value = part.double("value", in: TermWeight.range) ?? 1
    var schedule: (any Schedule)?
    if let json = part.requiredValue("schedule") {
      do throws(Faults) {
        schedule = try ScheduleCatalog.decode(json, pointer: part.pointer(to: "schedule"))
        if schedule?.plateau != nil {
          part.fault("schedule", "reduce_on_plateau is for the learning rate, not for a weight")
        }
      } catch {
        part.add(error)
      }
    }
    reader.add(part.finish())
    self.init(value: value, schedule: schedule, schedulePointer: part.pointer(to: "schedule"))
  }

  func value(step: Int, of length: RunLength) -> Double {
    schedule.map { value * $0.factor(step: step, of: length) } ?? value
  }
}
