import Foundation
import JSON

/// What a terminal shows of a run while it trains: how far it is, the curve of its loss, and the newest gradient norms of each
/// parameter.
public struct RunPanel: Sendable {
  private static let remembered = 40
  /// Norms beyond which one looks twice.
  private static let usual = 1e-6...1e3

  private var step: JSON?
  private var losses: [Double] = []
  private var parameters: [String] = []
  private var norms: [String: [Double]] = [:]

  public init() {}

  /// Takes the data of a `step` event.
  public mutating func take(_ step: JSON) {
    self.step = step
    Self.remember(step["loss"]?.double, in: &losses)
    for (name, norm) in step["gradient_norms"]?.object?.members ?? [] {
      if norms[name] == nil { parameters.append(name) }
      Self.remember(norm.double, in: &norms[name, default: []])
    }
  }

  private static func remember(_ value: Double?, in values: inout [Double]) {
    values.append(value ?? .nan)
    if values.count > remembered { values.removeFirst(values.count - remembered) }
  }

  /// The lines of the panel, none of them longer than `width`, and no more than `height`.
  ///
  /// - Parameter isColoured: whether norms that vanish or explode stand out.
  public func lines(width: Int, height: Int, isColoured: Bool) -> [String] {
    guard let step else { return [] }
    var lines = [ProgressBar.line(step, width: width)]
    let room = max(8, min(parameters.map(\.count).max() ?? 0, width / 3))
    let letters = max(4, min(Self.remembered, width - room - 14))
    func row(_ name: String, _ values: [Double], _ newest: Double, by place: (Double) -> Double)
      -> String
    {
      let label = String(name.printable.prefix(room)).padding(
        toLength: room, withPad: " ", startingAt: 0)
      let curve = Sparkline.text(values.suffix(letters).map(place))
      let line =
        "\(label)  \(curve)  \(newest.isFinite ? RunLine.number(.number(newest)) : "not finite")"
      return String(line.prefix(max(10, width - 1)))
    }
    lines.append(row("loss", losses, losses.last ?? .nan) { $0 })
    for name in parameters {
      let values = norms[name] ?? []
      let newest = values.last ?? .nan
      // Norms differ by factors; one that is zero has no logarithm.
      let line = row(name, values, newest) { $0 > 0 ? log10($0) : .nan }
      lines.append(isColoured ? Self.coloured(line, newest) : line)
    }
    if lines.count > height, height > 1 {
      let left = lines.count - height + 1
      lines = Array(lines.prefix(height - 1)) + ["… and \(left) more"]
    }
    return lines
  }

  private static func coloured(_ line: String, _ norm: Double) -> String {
    let code = !norm.isFinite || norm > usual.upperBound ? 31 : norm < usual.lowerBound ? 33 : 36
    return "\u{1B}[\(code)m\(line)\u{1B}[0m"
  }
}
