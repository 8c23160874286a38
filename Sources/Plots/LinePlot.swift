/// Series over steps.
public struct LinePlot: Sendable {
  public struct Line: Sendable {
    public let name: String
    /// The value is NaN where it isn't finite.
    public let points: [(step: Int, value: Double)]

    public init(name: String, points: [(step: Int, value: Double)]) {
      self.name = name
      self.points = points
    }
  }

  public static let mostLines = 12
  public let title: String
  /// Of the vertical axis, with its unit.
  public let quantity: String
  public let lines: [Line]
  public let isLogarithmic: Bool

  public init(title: String, quantity: String, lines: [Line], isLogarithmic: Bool) {
    self.title = title
    self.quantity = quantity
    self.lines = lines
    self.isLogarithmic = isLogarithmic
  }

  public func svg(width: Double = 720, height: Double = 400) -> [UInt8] {
    let canvas = Canvas(width: width, height: height)
    let shown = lines.prefix(Self.mostLines)
    let legend = (shown.map { canvas.measure($0.name) }.max() ?? 0) + 44
    let frame = Frame(canvas, title: title, legendWidth: min(legend, width * 0.4))
    let steps = Axis(shown.flatMap { $0.points.map { Double($0.step) } })
    let values = Axis(shown.flatMap { $0.points.map(\.value) }, isLogarithmic: isLogarithmic)
    frame.verticalAxis(values, quantity)
    frame.horizontalAxis(steps, "step")
    if shown.allSatisfy({ $0.points.isEmpty }) { frame.nothing() }
    for (index, line) in shown.enumerated() {
      let style = Palette.lines[index % Palette.lines.count]
      var run: [(x: Double, y: Double)] = []
      for point in line.points {
        let x = frame.x(steps.position(Double(point.step)) ?? 0)
        guard let share = values.position(point.value) else {
          // A gap, and a mark above it.
          canvas.line(run, style.color, width: 1.4, dashes: style.dashes)
          run = []
          canvas.text("×", x: x, y: frame.top + 10, anchor: .middle, style.color)
          continue
        }
        run.append((x, frame.y(share)))
      }
      canvas.line(run, style.color, width: 1.4, dashes: style.dashes)
      let y = frame.top + 14 + Double(index) * 18
      canvas.line(
        [(frame.right + 10, y - 4), (frame.right + 36, y - 4)], style.color, width: 1.6,
        dashes: style.dashes)
      canvas.text(line.name, x: frame.right + 42, y: y)
    }
    let words = shown.map { line in
      let last = line.points.last
      return "\(line.name): \(line.points.count) points"
        + (last.map { ", \(Axis.text($0.value)) at step \($0.step)" } ?? "")
    }
    return canvas.svg(
      title: title,
      description: "\(quantity) over steps. " + words.joined(separator: "; ")
        + (lines.count > shown.count ? "; \(lines.count - shown.count) more are left out" : ""))
  }
}
