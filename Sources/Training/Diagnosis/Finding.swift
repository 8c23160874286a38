import JSON

/// Something that a rule of the diagnosis saw in a run.
public struct Finding: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Worth knowing; the run may be well.
    case info
    /// The run learns less than it could.
    case warning
    /// The run fails, or its result is worth nothing.
    case critical

    public static func < (left: Severity, right: Severity) -> Bool {
      let order: [Severity] = [.info, .warning, .critical]
      return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
    }
  }

  /// What to do about it.
  public struct Advice: Hashable, Sendable {
    public let text: String
    /// Where in the run's request, as a JSON pointer.
    public let field: String?

    public init(_ text: String, field: String? = nil) {
      self.text = text
      self.field = field
    }
  }

  /// The rule's name.
  public let rule: String
  public let severity: Severity
  public let layer: String?
  public let parameter: String?
  /// The steps over which it holds, as far as they were looked at.
  public var fromStep: Int
  public var toStep: Int
  /// Figures that show it: names with numbers, beside the threshold that they passed.
  public let evidence: [Figure]
  /// One sentence.
  public let explanation: String
  public let advice: Advice
  /// Whether it holds no more.
  public var isResolved = false

  /// A number with its name.
  public struct Figure: Hashable, Sendable {
    public let name: String
    public let value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  public init(
    rule: String, severity: Severity, layer: String? = nil, parameter: String? = nil,
    steps: ClosedRange<Int>, evidence: [Figure], explanation: String, advice: Advice
  ) {
    self.rule = rule
    self.severity = severity
    self.layer = layer
    self.parameter = parameter
    fromStep = steps.lowerBound
    toStep = steps.upperBound
    self.evidence = evidence
    self.explanation = explanation
    self.advice = advice
  }

  /// What tells it from others of the run: no two findings have the same.
  public var key: String { "\(rule)/\(layer ?? "")/\(parameter ?? "")" }

  public var json: JSON {
    [
      "rule": .string(rule), "severity": .string(severity.rawValue),
      "layer": layer.map(JSON.string) ?? .null,
      "parameter": parameter.map(JSON.string) ?? .null,
      "from_step": .integer(fromStep), "to_step": .integer(toStep),
      "resolved": .bool(isResolved),
      "evidence": .object(JSONObject(evidence.map { ($0.name, .number($0.value)) })),
      "explanation": .string(explanation),
      "advice": [
        "text": .string(advice.text), "field": advice.field.map(JSON.string) ?? .null,
      ],
    ]
  }

  /// Reads what `json` wrote; `nil` for what isn't a finding.
  public init?(_ json: JSON) {
    guard let rule = json["rule"]?.string,
      let severity = json["severity"]?.string.flatMap(Severity.init),
      let from = json["from_step"]?.integer, let to = json["to_step"]?.integer, from <= to
    else { return nil }
    self.init(
      rule: rule, severity: severity, layer: json["layer"]?.string,
      parameter: json["parameter"]?.string, steps: from...to,
      evidence: (json["evidence"]?.object?.members ?? []).map {
        Figure($0.0, $0.1.double ?? .nan)
      },
      explanation: json["explanation"]?.string ?? "",
      advice: Advice(json["advice"]?["text"]?.string ?? "", field: json["advice"]?["field"]?.string)
    )
    isResolved = json["resolved"]?.bool ?? false
  }
}
