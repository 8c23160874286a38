import Foundation

/// Distributions one behind the other, over steps or layers.
public struct RidgePlot: Sendable {
  public struct Ridge: Sendable {
    public let name: String
    /// One more than counts, ascending.
    public let edges: [Double]
    public let counts: [Int]

    public init(name: String, edges: [Double], counts: [Int]) {
      self.name = name
      self.edges = edges
      self.counts = counts
    }
  }

  public static let mostRidges = 40
  public let title: String
  public let quantity: String
  public let ridges: [Ridge]

  public init(title: String, quantity: String, ridges: [Ridge]) {
    self.title = title
    self.quantity = quantity
    self.ridges = ridges
  }

  public func svg(width: Double = 720, height: Double? = nil) -> [UInt8] {
    let stride = max(1, (ridges.count + Self.mostRidges - 1) / Self.mostRidges)
    let shown = ridges.indices.filter { $0 % stride == 0 }.map { ridges[$0] }
    let height = height ?? 140 + 22 * Double(max(shown.count, 4))
    let canvas = Canvas(width: width, height: height)
    let room = min((shown.map { canvas.measure($0.name) }.max() ?? 0) + 16, width * 0.4)
    let frame = Frame(canvas, title: title, leftRoom: max(room, 60))
    let values = Axis(shown.flatMap(\.edges))
    frame.horizontalAxis(values, quantity)
    if shown.allSatisfy({ $0.counts.isEmpty }) { frame.nothing() }
    let band = (frame.bottom - frame.top - 30) / Double(max(shown.count, 1))
    for (index, ridge) in shown.enumerated() {
      let base = frame.top + 30 + Double(index + 1) * band
      let densities = ridge.counts.indices.map { bin in
        Double(ridge.counts[bin])
          / max(ridge.edges[bin + 1] - ridge.edges[bin], .leastNormalMagnitude)
      }
      // A square root shows tails beside a tall middle.
      let tallest = (densities.max() ?? 1).squareRoot()
      var outline: [(x: Double, y: Double)] = []
      for bin in densities.indices {
        let size = tallest > 0 ? densities[bin].squareRoot() / tallest : 0
        let y = base - size * band * 1.8
        outline.append((frame.x(values.position(ridge.edges[bin]) ?? 0), y))
        outline.append((frame.x(values.position(ridge.edges[bin + 1]) ?? 0), y))
      }
      if let first = outline.first, let last = outline.last {
        let shape = [(first.x, base)] + outline + [(last.x, base)]
        canvas.fill(shape, Palette.shade(0.35 + 0.5 * Double(index) / Double(max(shown.count, 1))))
        canvas.line(shape, .ink, width: 0.7)
      }
      canvas.text(ridge.name, x: frame.left - 6, y: base, anchor: .end)
    }
    return canvas.svg(
      title: title,
      description: "Distributions of \(quantity), heights by the square root of the density. "
        + shown.map { "\($0.name): \($0.counts.reduce(0, +)) values" }.joined(separator: "; "))
  }
}
