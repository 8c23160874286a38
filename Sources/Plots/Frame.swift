/// Title, axes and their words around a plot.
struct Frame {
  let canvas: Canvas
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  /// - Parameter legendWidth: room to the right of the plot.
  init(_ canvas: Canvas, title: String, leftRoom: Double = 70, legendWidth: Double = 0) {
    self.canvas = canvas
    left = leftRoom
    right = canvas.width - 20 - legendWidth
    top = 40
    bottom = canvas.height - 50
    canvas.text(title, x: canvas.width / 2, y: 22, size: 14, anchor: .middle)
  }

  func x(_ share: Double) -> Double { left + share * (right - left) }
  func y(_ share: Double) -> Double { bottom - share * (bottom - top) }

  func horizontalAxis(_ axis: Axis, _ name: String) {
    for (value, text) in axis.ticks {
      guard let share = axis.position(value) else { continue }
      canvas.line([(x(share), bottom), (x(share), bottom + 4)], .ink)
      canvas.text(text, x: x(share), y: bottom + 17, anchor: .middle)
    }
    canvas.text(name, x: (left + right) / 2, y: bottom + 36, anchor: .middle)
    canvas.line([(left, bottom), (right, bottom)], .ink)
  }

  func verticalAxis(_ axis: Axis, _ name: String) {
    for (value, text) in axis.ticks {
      guard let share = axis.position(value) else { continue }
      canvas.line([(left, y(share)), (right, y(share))], .pale, width: 0.5)
      canvas.text(text, x: left - 6, y: y(share) + 4, anchor: .end)
    }
    canvas.text(name, x: 16, y: (top + bottom) / 2, anchor: .middle, turned: true)
    canvas.line([(left, top), (left, bottom)], .ink)
  }

  func nothing() {
    canvas.text(
      "no data in this range", x: (left + right) / 2, y: (top + bottom) / 2, anchor: .middle)
  }
}
