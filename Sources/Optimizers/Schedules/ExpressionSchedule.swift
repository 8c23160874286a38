import Expressions
import JSON

/// A formula of your own for the factor.
///
/// In the language of docs/expressions.md. Its variables: `step`, counted from 1, of `total`; `epoch`, counted from 1, of
/// `epochs`; and `progress`, the share of the steps after the warm-up that is gone, from 0.
public struct ExpressionSchedule: Schedule {
  public let warmup: Warmup
  public let expression: ScalarExpression?
  public let constants: JSONObject

  static let variables = ["step", "total", "epoch", "epochs", "progress"]
  /// Steps at which a formula is tried before a run is queued.
  static let trials = 20_000
  /// The largest factor.
  static let limit = 1e6

  static let expression = Field(
    "expression", .described("an expression"), isRequired: true,
    "The factor, such as \"0.5 * (1 + cos(pi * progress))\"; docs/schedules.md has the variables.")
  private static let constants = Field(
    "constants", .described("an object of numbers"),
    "Numbers by name, which the expression may contain.")

  public static let documentation = CatalogEntry(
    type: "expression",
    summary: "A formula of your own for the factor.",
    formula: "f(step, total, epoch, epochs, progress)",
    fields: [expression, constants] + Warmup.fields,
    source: "docs/expressions.md")

  public init(from reader: inout ObjectReader, warmup: Warmup) {
    self.warmup = warmup
    let constants = Self.constants(&reader)
    self.constants = JSONObject(constants.map { ($0.name, .number($0.value)) })
    guard reader.requiredValue(Self.expression.name) != nil,
      let source = reader.string(Self.expression.name)
    else {
      expression = nil
      return
    }
    do throws(ExpressionErrors) {
      let parsed = try ScalarExpression(
        parsing: source, variables: Self.variables,
        constants: Dictionary(constants.map { ($0.name, $0.value) }) { first, _ in first })
      for (name, _) in constants where !parsed.names.contains(name) {
        Self.fault(&reader, name, "the expression doesn't contain \(name)")
      }
      expression = parsed
    } catch {
      for error in error.all { reader.fault(Self.expression.name, error.description) }
      expression = nil
    }
  }

  public var configuration: [(String, JSON)] {
    [(Self.expression.name, .string(expression?.source ?? ""))]
      + (constants.names.isEmpty ? [] : [(Self.constants.name, .object(constants))])
  }

  /// A factor that is no number, or below 0, counts as 0; those that a run's beginning and end have were looked at.
  public func decay(at place: SchedulePlace) -> Double {
    let factor = value(at: place)
    return factor > 0 ? min(factor, Self.limit) : 0
  }

  private func value(at place: SchedulePlace) -> Double {
    guard let expression else { return 1 }
    let total = place.elapsed - place.step + place.steps
    let perEpoch = place.stepsPerEpoch
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.variables.count) {
      values in
      values[0] = Double(place.elapsed + 1)
      values[1] = Double(total)
      values[2] = Double(place.elapsed / perEpoch + 1)
      values[3] = Double(total) / Double(perEpoch)
      values[4] = Double(place.step) / Double(place.steps)
      return expression.value(UnsafeBufferPointer(values))
    }
  }

  public func faults(in length: RunLength) -> Faults {
    guard expression != nil else { return Faults() }
    let warm = warmup.steps(perEpoch: length.stepsPerEpoch)
    let steps = length.steps - warm
    let count = min(steps, Self.trials)
    for trial in 0..<max(count, 0) {
      let step = count == steps ? trial : Int(Double(trial) / Double(count - 1) * Double(steps - 1))
      let factor = value(
        at: SchedulePlace(
          step: step, steps: steps, elapsed: warm + step, stepsPerEpoch: length.stepsPerEpoch))
      if factor >= 0, factor <= Self.limit { continue }
      return Faults([
        Fault(
          pointer: "/\(Self.expression.name)",
          detail:
            "is \(factor) at step \(warm + step + 1) of \(length.steps); a factor is a number "
            + "from 0 to \(Int(Self.limit)): clip(…, 0, 1) holds it there")
      ])
    }
    return Faults()
  }

  // MARK: - Constants

  private static func fault(_ reader: inout ObjectReader, _ name: String, _ detail: String) {
    let place =
      "\(reader.pointer(to: constants.name))/\(escapedPointerToken(String(name.prefix(80))))"
    reader.add(Faults([Fault(pointer: place, detail: detail)]))
  }

  private static func constants(
    _ reader: inout ObjectReader
  ) -> [(name: String, value: Double)] {
    guard let value = reader.value(constants.name) else { return [] }
    guard let object = value.object else {
      reader.fault(constants.name, "expected an object, found \(value.kind)")
      return []
    }
    if object.names.count > ExpressionLimits.constants {
      let limit = ExpressionLimits.constants
      reader.fault(constants.name, "has \(object.names.count) members; at most \(limit)")
      return []
    }
    var found: [(name: String, value: Double)] = []
    for (name, value) in object.members {
      if variables.contains(name) || ExpressionChecker.numbers[name] != nil {
        fault(&reader, name, "\(name) has a meaning already; take another name")
      } else if name.utf8.count > ExpressionLimits.name {
        fault(&reader, name, "has \(name.utf8.count) bytes; at most \(ExpressionLimits.name)")
      } else if let number = value.double, abs(number) <= ExpressionLimits.number {
        found.append((name, number))
      } else {
        fault(&reader, name, "expected a number of at most \(ExpressionLimits.number)")
      }
    }
    return found
  }
}
