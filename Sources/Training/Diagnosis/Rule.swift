import Foundation
import JSON

/// A rule of the diagnosis: a pure look at the evidence.
///
/// A new one is a file in `Rules`, a line in `RuleCatalog` and a test.
public protocol Rule: Sendable {
  /// As findings name it.
  static var name: String { get }
  /// When it speaks, in one sentence.
  static var summary: String { get }
  /// The numbers it compares with, by name.
  static var thresholds: [Finding.Figure] { get }

  static func look(at evidence: Evidence) -> [Finding]
}

extension Rule {
  /// A finding of this rule.
  static func finding(
    _ severity: Finding.Severity, layer: String? = nil, parameter: String? = nil,
    steps: ClosedRange<Int>, _ figures: [(String, Double)], _ explanation: String,
    advice: String, field: String? = nil
  ) -> Finding {
    Finding(
      rule: name, severity: severity, layer: layer, parameter: parameter, steps: steps,
      evidence: figures.map { Finding.Figure($0.0, $0.1) } + thresholds,
      explanation: explanation, advice: Finding.Advice(advice, field: field))
  }

  public static var json: JSON {
    [
      "rule": .string(name), "summary": .string(summary),
      "thresholds": .object(JSONObject(thresholds.map { ($0.name, .number($0.value)) })),
    ]
  }
}

/// A number in the words of a finding: three digits.
func figure(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  let magnitude = Int(value.magnitude.exponentOfTen)
  if (-4...5).contains(magnitude) {
    let scale = Double.pow10(2 - magnitude)
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
  let scaled = (value / Double.pow10(magnitude) * 100).rounded() / 100
  return "\(scaled)e\(magnitude)"
}

extension Double {
  fileprivate var exponentOfTen: Double { (Foundation.log10(self)).rounded(.down) }
  fileprivate static func pow10(_ exponent: Int) -> Double { Foundation.pow(10, Double(exponent)) }
}
