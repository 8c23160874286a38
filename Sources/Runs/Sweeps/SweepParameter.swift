import Foundation
import JSON
import Tensors

/// A place of a run's request, and what stands there in the runs of a sweep.
public struct SweepParameter {
  enum Choice: Equatable {
    /// One of these.
    case values([JSON])
    /// Any number between two; where `isLogarithmic` each factor of ten is as likely as another.
    case range(ClosedRange<Double>, isLogarithmic: Bool, isInteger: Bool)
  }

  public static let mostValues = 1_000
  public static let scales = ["linear", "log"]
  public static let types = ["number", "integer"]

  /// A JSON pointer into the request.
  let pointer: String
  let choice: Choice

  init(_ pointer: String, _ json: JSON, at place: String) throws(Faults) {
    self.pointer = pointer
    var reader = ObjectReader(json, pointer: place)
    let values = reader.array("values", count: 1...Self.mostValues)
    let minimum = reader.double("min", in: -1e300...1e300)
    let maximum = reader.double("max", in: -1e300...1e300)
    let scale = reader.string("scale", in: Self.scales)
    let type = reader.string("type", in: Self.types)
    var choice = values.map(Choice.values)
    if values != nil, reader.has("min") || reader.has("max") || scale != nil || type != nil {
      reader.fault("values", "stands beside min, max, scale or type; give either")
    } else if values == nil, !reader.has("values") {
      if !reader.has("min") { reader.fault("min", "is missing; give values, or min and max") }
      if !reader.has("max") { reader.fault("max", "is missing; give values, or min and max") }
      if let minimum, let maximum {
        if minimum >= maximum {
          reader.fault("min", "is \(minimum), which isn't below max, \(maximum)")
        } else if scale == "log", minimum <= 0 {
          reader.fault("min", "must be above 0 on a log scale")
        } else if type == "integer", minimum.rounded(.up) > maximum.rounded(.down) {
          reader.fault("min", "there is no whole number from \(minimum) to \(maximum)")
        } else {
          choice = .range(
            minimum...maximum, isLogarithmic: scale == "log", isInteger: type == "integer")
        }
      }
    }
    try reader.finish().check()
    guard let choice else { throw reader.faults }
    self.choice = choice
  }

  /// What stands there for a draw of the uniform distribution on [0, 1).
  func value(at draw: Double) -> JSON {
    switch choice {
    case .values(let values):
      return values[min(values.count - 1, Int(draw * Double(values.count)))]
    case .range(let range, let isLogarithmic, let isInteger):
      // Each whole number has as much of the range as another.
      let margin = isInteger ? 0.5 : 0
      let low = isInteger ? range.lowerBound.rounded(.up) : range.lowerBound
      let high = isInteger ? range.upperBound.rounded(.down) : range.upperBound
      let (a, b) = (low - margin, high + margin)
      var value = a + draw * (b - a)
      if isLogarithmic { value = exp(log(a) + draw * (log(b) - log(a))) }
      if isInteger { return .integer(Int(max(low, min(high, value.rounded())))) }
      return .number(max(low, min(high, value)))
    }
  }
}
