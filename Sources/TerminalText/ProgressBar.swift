import Foundation
import JSON

/// One line of a terminal that shows how far something is.
public struct ProgressBar: Sendable {
  private static let cells = 24

  /// Of a run's step.
  public static func line(_ step: JSON, width: Int) -> String {
    let done = step["step"]?.integer ?? 0
    let loss = "loss \(RunLine.number(step["loss"]))"
    guard let total = step["total_steps"]?.integer, total > 0 else {
      return "step \(done)  \(loss)"
    }
    var line = "\(bar(Double(done) / Double(total)))  step \(done)/\(total)  \(loss)"
    if let rate = step["examples_per_second"]?.double { line += "  \(Int(rate)) examples/s" }
    if let left = step["eta_seconds"]?.double { line += "  \(duration(left)) left" }
    return String(line.prefix(max(10, width - 1)))
  }

  /// Of a file that is sent.
  ///
  /// - Parameter seconds: since it began.
  public static func line(sent: Int, of total: Int, seconds: Double, width: Int) -> String {
    let share = total > 0 ? Double(sent) / Double(total) : 1
    var line = "\(bar(share))  \(megabytes(sent)) of \(megabytes(total)) MB"
    if seconds > 0 { line += "  \(megabytes(Int(Double(sent) / seconds))) MB/s" }
    return String(line.prefix(max(10, width - 1)))
  }

  private static func megabytes(_ bytes: Int) -> String {
    String(format: "%.1f", Double(bytes) / 1e6)
  }

  static func bar(_ fraction: Double) -> String {
    let full = Int((min(max(fraction, 0), 1) * Double(cells)).rounded(.down))
    return "[" + String(repeating: "=", count: full) + String(repeating: " ", count: cells - full)
      + "]"
  }

  static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    return whole >= 3600
      ? "\(whole / 3600) h \(whole % 3600 / 60) min"
      : whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
  }
}
