import Foundation
import HTTP
import Plots
import Store

/// Answers as pictures and as text for a terminal, made of points that were thinned already.
enum Pictures {
  static let svg = "image/svg+xml"
  /// What these endpoints offer beside their own.
  static let types = [svg, MediaType.text]

  static func picture(_ bytes: [UInt8]) -> Response {
    Response(
      status: 200, headers: [("Content-Type", svg), ("Cache-Control", "no-store")],
      body: .bytes(bytes))
  }

  static func text(_ text: String) -> Response {
    .text(text, mediaType: "text/plain; charset=utf-8")
  }

  static func title(_ run: RunRecord, _ what: String) -> String {
    "\(run.name ?? run.id.rawValue): \(what)"
  }

  // MARK: - Series

  static func series(_ run: RunRecord, _ series: [(String, [PointRecord])], _ type: String)
    -> Response
  {
    let lines = series.filter { !$0.1.isEmpty }.map { name, points in
      LinePlot.Line(name: name, points: points.map { ($0.step, $0.value ?? .nan) })
    }
    if type == svg {
      // A loss that falls by decades needs a logarithmic axis; what may be negative can't have one.
      let values = lines.flatMap { $0.points.map(\.value) }.filter(\.isFinite)
      let spread = (values.max() ?? 1) / max(values.min() ?? 1, .leastNormalMagnitude)
      let isLogarithmic = !values.contains { $0 <= 0 } && spread > 100
      let what = lines.count == 1 ? lines[0].name : "series"
      return picture(
        LinePlot(
          title: title(run, what), quantity: lines.count == 1 ? what : "value", lines: lines,
          isLogarithmic: isLogarithmic
        ).svg())
    }
    return text(
      table(lines.map { ($0.name, $0.points.map(\.value)) }, title: title(run, "series")))
  }

  // MARK: - Gradients

  static func norms(
    _ run: RunRecord, _ names: [String], _ points: [[(step: Int, value: Double)]], _ what: String,
    _ type: String
  ) -> Response {
    if type == svg {
      return picture(
        HeatMap(
          title: title(run, what), quantity: "L2 norm",
          rows: zip(names, points).map { HeatMap.Row(name: $0, points: $1) }
        ).svg())
    }
    return text(table(zip(names, points).map { ($0, $1.map(\.value)) }, title: title(run, what)))
  }

  // MARK: - Histograms

  static func histograms(
    _ run: RunRecord, _ quantity: String, _ shown: [(name: String, bins: HistogramBins)],
    _ type: String
  ) -> Response {
    let what = "\(quantity) distributions"
    if type == svg {
      return picture(
        RidgePlot(
          title: title(run, what), quantity: quantity,
          ridges: shown.map {
            RidgePlot.Ridge(name: $0.name, edges: $0.bins.edges, counts: $0.bins.counts)
          }
        ).svg())
    }
    return text(ridges(shown, title: title(run, what)))
  }

  // MARK: - Text

  private static let bars = Array("▁▂▃▄▅▆▇█")
  /// Columns of a curve, and of the name before it.
  private static let width = (curve: 40, name: 24)

  /// A line a series: its name, its curve, its last and its extreme values.
  private static func table(_ rows: [(name: String, values: [Double])], title: String) -> String {
    guard !rows.isEmpty else { return "\(title): no data in this range\n" }
    return "\(title)\n"
      + rows.map { name, values in
        let finite = values.filter(\.isFinite)
        let figures = [("last", values.last), ("min", finite.min()), ("max", finite.max())]
          .map { "\($0) \($1.map(short) ?? "-")" }.joined(separator: "  ")
        return "\(padded(name)) \(sparkline(values))  \(figures)\n"
      }.joined()
  }

  /// A curve of eight heights between the least and the largest; × is what isn't finite.
  static func sparkline(_ values: [Double]) -> String {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else {
      return String(repeating: values.isEmpty ? " " : "×", count: min(values.count, width.curve))
    }
    let columns = min(values.count, width.curve)
    return String(
      (0..<columns).map { column -> Character in
        let part = values[column * values.count / columns..<(column + 1) * values.count / columns]
        guard part.allSatisfy(\.isFinite) else { return "×" }
        let mean = part.reduce(0, +) / Double(max(part.count, 1))
        let share = high > low ? (mean - low) / (high - low) : 0
        return bars[min(bars.count - 1, Int(share * Double(bars.count)))]
      })
  }

  /// A line a histogram over one axis of values, which all of them share.
  private static func ridges(
    _ shown: [(name: String, bins: HistogramBins)], title: String
  ) -> String {
    let edges = shown.flatMap(\.bins.edges)
    guard let low = edges.min(), let high = edges.max(), high > low else {
      return "\(title): no data in this range\n"
    }
    let columns = width.curve
    func column(_ value: Double) -> Int {
      min(columns - 1, max(0, Int((value - low) / (high - low) * Double(columns))))
    }
    let lines = shown.map { name, bins in
      var heights = [Double](repeating: 0, count: columns)
      for index in bins.counts.indices {
        let (first, last) = (column(bins.edges[index]), column(bins.edges[index + 1]))
        for place in first...last {
          heights[place] += Double(bins.counts[index]) / Double(last - first + 1)
        }
      }
      let tallest = heights.max() ?? 0
      let curve = String(
        heights.map { height -> Character in
          if height == 0 { return " " }
          // A square root shows tails beside a tall middle.
          let share = (height / tallest).squareRoot()
          return bars[min(bars.count - 1, Int(share * Double(bars.count)))]
        })
      return "\(padded(name)) \(curve)  \(bins.counts.reduce(0, +)) values\n"
    }
    let ends = short(low) + String(repeating: " ", count: max(1, columns - 12)) + short(high)
    return "\(title)\n" + lines.joined() + padded("") + " \(ends)\n"
  }

  private static func padded(_ name: String) -> String {
    let shown = name.count > width.name ? "…" + name.suffix(width.name - 1) : name
    return shown + String(repeating: " ", count: width.name - shown.count)
  }

  private static func short(_ value: Double) -> String {
    "\(Float(String(format: "%.4g", value)) ?? 0)"
  }
}
