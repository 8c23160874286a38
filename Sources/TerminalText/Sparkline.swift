import Foundation

/// A curve of a few letters.
public enum Sparkline {
  private static let levels = Array("▁▂▃▄▅▆▇█")

  /// One letter a value, from the least to the largest; blank for what isn't a number.
  public static func text(_ values: some Collection<Double>) -> String {
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let most = finite.max() else {
      return String(repeating: " ", count: values.count)
    }
    let letters = values.map { value -> Character in
      guard value.isFinite else { return " " }
      if most == least { return levels[3] }
      let share = (value - least) / (most - least)
      return levels[min(levels.count - 1, Int(share * Double(levels.count)))]
    }
    return String(letters)
  }
}
