/// Figures in Prometheus' text format, version 0.0.4.
struct PrometheusText {
  enum Kind: String { case counter, gauge, histogram }

  private(set) var text = ""
  private var name = ""

  /// Begins a family; its samples follow.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// A family of one sample without labels.
  mutating func figure(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    family(name, kind, help)
    sample(value)
  }

  mutating func sample(_ value: Double, suffix: String = "", labels: [(String, String)] = []) {
    let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    let number =
      value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    text += name + suffix + (list.isEmpty ? "" : "{\(list)}") + " \(number)\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
