import Foundation

/// Numbers along an edge of a picture.
struct Axis {
  let low: Double
  let high: Double
  let isLogarithmic: Bool

  /// Holds every number of the range; a range of one number gets some room.
  init(_ numbers: some Sequence<Double>, isLogarithmic: Bool = false) {
    let usable = numbers.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    var low = usable.min() ?? (isLogarithmic ? 0.1 : 0)
    var high = usable.max() ?? 1
    if low == high {
      let room = low == 0 ? 1 : abs(low) * (isLogarithmic ? 0.5 : 0.1)
      low -= room
      high += room
    }
    self.low = low
    self.high = high
    self.isLogarithmic = isLogarithmic
  }

  /// From 0 at the low end to 1 at the high one; `nil` for what has no place.
  func position(_ value: Double) -> Double? {
    guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
    let share =
      isLogarithmic
      ? (log(value) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
    return min(1, max(0, share))
  }

  /// Round numbers within the range, with their texts.
  var ticks: [(value: Double, text: String)] {
    if isLogarithmic {
      let (first, last) = (Int(log10(low).rounded(.up)), Int(log10(high).rounded(.down)))
      guard last > first else {
        return [low, (low * high).squareRoot(), high].map { ($0, Axis.text($0)) }
      }
      let stride = max(1, (last - first + 5) / 6)
      return Swift.stride(from: first, through: last, by: stride).map { exponent in
        let value = pow(10, Double(exponent))
        return (value, Axis.text(value))
      }
    }
    let rough = (high - low) / 5
    let magnitude = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? rough
    let first = (low / step).rounded(.up)
    return (0...6).map { (first + Double($0)) * step }.filter { $0 <= high + step * 1e-9 }
      .map { ($0, Axis.text($0)) }
  }

  static func text(_ value: Double) -> String {
    if value == 0 { return "0" }
    let size = abs(value)
    if size >= 1e6 || size < 1e-3 { return String(format: "%.3g", value) }
    return size >= 1_000 ? String(format: "%.0f", value) : String(format: "%.4g", value)
  }
}
