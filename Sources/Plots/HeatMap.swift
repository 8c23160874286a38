import Foundation

/// Layers by steps, each field a shade: the lighter the larger.
public struct HeatMap: Sendable {
  public struct Row: Sendable {
    public let name: String
    public let points: [(step: Int, value: Double)]

    public init(name: String, points: [(step: Int, value: Double)]) {
      self.name = name
      self.points = points
    }
  }

  public static let mostRows = 100
  private static let columns = 120
  public let title: String
  public let quantity: String
  public let rows: [Row]

  public init(title: String, quantity: String, rows: [Row]) {
    self.title = title
    self.quantity = quantity
    self.rows = rows
  }

  public func svg(width: Double = 760, height: Double? = nil) -> [UInt8] {
    let shown = rows.prefix(Self.mostRows)
    let height = height ?? 110 + 18 * Double(max(shown.count, 4))
    let canvas = Canvas(width: width, height: height)
    let room = min((shown.map { canvas.measure($0.name) }.max() ?? 0) + 16, width * 0.4)
    let frame = Frame(canvas, title: title, leftRoom: max(room, 60), legendWidth: 80)
    let steps = Axis(shown.flatMap { $0.points.map { Double($0.step) } })
    let values = Axis(shown.flatMap { $0.points.map(\.value) }, isLogarithmic: true)
    if shown.allSatisfy({ $0.points.isEmpty }) { frame.nothing() }
    let band = (frame.bottom - frame.top) / Double(max(shown.count, 1))
    let cell = (frame.right - frame.left) / Double(Self.columns)
    for (index, row) in shown.enumerated() {
      let y = frame.top + Double(index) * band
      var largest = [Double?](repeating: nil, count: Self.columns)
      var unsound = [Bool](repeating: false, count: Self.columns)
      for point in row.points {
        let share = steps.position(Double(point.step)) ?? 0
        let column = min(Self.columns - 1, Int(share * Double(Self.columns)))
        if point.value.isFinite {
          largest[column] = max(largest[column] ?? 0, point.value)
        } else {
          unsound[column] = true
        }
      }
      // A field without a point of its own shows the one before it.
      var last: Double?
      for column in 0..<Self.columns {
        last = largest[column] ?? last
        let x = frame.left + Double(column) * cell
        if let value = last {
          canvas.rectangle(
            x: x, y: y, width: cell + 0.5, height: band - 1,
            Palette.shade(values.position(value) ?? 0))
        }
        if unsound[column] {
          canvas.text("×", x: x + cell / 2, y: y + band / 2 + 4, anchor: .middle)
        }
      }
      canvas.text(row.name, x: frame.left - 6, y: y + band / 2 + 4, anchor: .end)
    }
    frame.horizontalAxis(steps, "step")
    colorBar(canvas, frame, values)
    let words = shown.map { row in
      "\(row.name): \(Axis.text(row.points.last?.value ?? .nan)) at the end"
    }
    return canvas.svg(
      title: title,
      description: "\(quantity) by parameter and step, \(Axis.text(values.low)) to "
        + "\(Axis.text(values.high)); lighter is larger. " + words.joined(separator: "; "))
  }

  private func colorBar(_ canvas: Canvas, _ frame: Frame, _ values: Axis) {
    let x = frame.right + 14
    for part in 0..<64 {
      let (low, high) = (Double(part) / 64, Double(part + 1) / 64)
      canvas.rectangle(
        x: x, y: frame.y(high), width: 12, height: frame.y(low) - frame.y(high) + 0.5,
        Palette.shade((low + high) / 2))
    }
    for (value, text) in values.ticks {
      canvas.text(text, x: x + 16, y: frame.y(values.position(value) ?? 0) + 4, size: 9)
    }
    canvas.text(quantity, x: x + 30, y: frame.top - 8, size: 9, anchor: .middle)
  }
}
