/// Colours that also tell things apart in grey.
enum Palette {
  /// From dark to light, so that more is lighter in print too: anchors of a path from blue over teal to yellow.
  private static let path: [Canvas.Color] = [
    .init(red: 0.00, green: 0.08, blue: 0.25), .init(red: 0.10, green: 0.25, blue: 0.45),
    .init(red: 0.15, green: 0.45, blue: 0.50), .init(red: 0.40, green: 0.62, blue: 0.45),
    .init(red: 0.75, green: 0.78, blue: 0.35), .init(red: 1.00, green: 0.93, blue: 0.45),
  ]

  /// - Parameter share: from 0 to 1.
  static func shade(_ share: Double) -> Canvas.Color {
    let place = min(max(share, 0), 1) * Double(path.count - 1)
    let index = min(Int(place), path.count - 2)
    let (one, other, part) = (path[index], path[index + 1], place - Double(index))
    return Canvas.Color(
      red: one.red + (other.red - one.red) * part,
      green: one.green + (other.green - one.green) * part,
      blue: one.blue + (other.blue - one.blue) * part)
  }

  /// Lines: colours of different lightness, and a pattern each.
  static let lines: [(color: Canvas.Color, dashes: [Double])] = [
    (.init(red: 0.00, green: 0.28, blue: 0.55), []),
    (.init(red: 0.80, green: 0.40, blue: 0.00), [6, 3]),
    (.init(red: 0.00, green: 0.50, blue: 0.40), [2, 2]),
    (.init(red: 0.55, green: 0.10, blue: 0.35), [8, 3, 2, 3]),
    (.init(red: 0.35, green: 0.35, blue: 0.35), [1, 2]),
    (.init(red: 0.55, green: 0.45, blue: 0.00), [12, 4]),
  ]
}
