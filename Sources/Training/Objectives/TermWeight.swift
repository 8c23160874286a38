import JSON
import Optimizers

/// By what a term counts in the sum of the objectives, step by step.
public struct TermWeight: Sendable {
  public let value: Double
  /// What the value is multiplied by; `nil` for 1 at every step.
  public let schedule: (any Schedule)?

  public static let one = TermWeight(value: 1, schedule: nil)

  init(value: Double, schedule: (any Schedule)?) {
    self.value = value
    self.schedule = schedule
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
      } catch {
        part.add(error)
      }
    }
    reader.add(part.finish())
    self.init(value: value, schedule: schedule)
  }

  func value(step: Int, total: Int) -> Double {
    schedule.map { value * $0.factor(step: step, total: total) } ?? value
  }
}
